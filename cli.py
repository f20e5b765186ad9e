"""The `sluice` command: parses, calls, prints."""
