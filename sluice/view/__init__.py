"""Shows what is in a pipeline: messages and status."""
