"""`sluice proof`: reads a source again, compares it with the table or with Redis, writes a report."""
