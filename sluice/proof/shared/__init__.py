"""What proofs of rows and of images share: arguments, waiting for the sink, verdict, HTML page and report file."""
