"""The proof of a GPS log: every field of every row against the database's table."""
