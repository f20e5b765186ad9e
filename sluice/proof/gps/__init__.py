"""Proof of rows: compares every field of every row of a GPS log with the table in the database."""
