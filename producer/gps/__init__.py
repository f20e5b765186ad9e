"""Load of GPS rows. A row passes these files in this order; each imports only files before it.

Open: `log_in_archive.py`, `open_log.py`.
Read: `log_lines.py`.
Check: `column_names.py`, `field_syntax.py` and `header.py` (the columns), `reject_reasons.py`, `parse_row.py` (one row,
by itself), `duplicate_keys.py`, `check_rows.py` (row by row), `parse_columns.py` (many rows at once).
Encode: `partition.py`, `encode_row.py` (Avro), `record_layout.py` and `encode_columns.py` (many rows at once),
`encode_json.py` and `encode_protobuf.py` (the other formats), `row_formats.py` (a choice of them), `convert_blocks.py`
(checks and encodes a block).
Send: `load_report.py`, `load.py` (through `producer/kafka/delivery.py`), `command.py`.
"""
