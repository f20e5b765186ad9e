"""What proofs of rows and of images share: options, waiting for the sink, verdicts, the report's page and file."""
