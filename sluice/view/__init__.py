"""Status and records of a pipeline: `sluice status` and `sluice messages`."""
