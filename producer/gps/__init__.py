"""GPS rows, in the order in which a row passes the files: read, checked, encoded, loaded.

Read: `line_blocks.py`, `header.py`, `column_names.py`. Checked: `parse_columns.py` (many rows at once), `check_rows.py`
and `parse_row.py` (one row), `duplicate_keys.py`, `reject_reasons.py`. Encoded: `encode_columns.py`, `encode_row.py`.
`convert_blocks.py` does these for a block of lines; `load.py` hands the records to `producer/kafka/`.
"""
