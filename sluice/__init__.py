"""The `sluice` command: run the pipeline on this machine, load, show status and records, prove what arrived."""
