"""Code for proofs of rows and of images: arguments, waiting for the sink, verdict, HTML page and report file."""
