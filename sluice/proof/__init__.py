"""Reads the stores back, compares with the source, writes the report."""
