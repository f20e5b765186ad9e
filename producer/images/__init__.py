"""Load of images. An image passes these files in this order; each imports only files before it.

Name: `reject_reasons.py`, `image_key.py`, `image_location.py`.
Find: `image_files.py` (the files of a folder or an archive).
Choose: `selection.py`, `selection_arguments.py`.
Check: `record_size.py`, `image_format.py`, `image_source.py` (finds, chooses and checks), `open_images.py`.
Send: `load_report.py`, `load.py` (through `producer/kafka/delivery.py`), `redis_memory.py` and `dry_run.py` (send
nothing), `command.py`.
For commands that take rows or images: `source_kind.py`.
"""
