"""The `sluice` command: runs the pipeline on this machine, loads it, looks at it, proves what is in it."""
