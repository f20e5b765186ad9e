"""State and contents of a pipeline: `sluice status` and `sluice messages`."""
