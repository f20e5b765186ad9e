"""What loads of rows and of images share: the base load and report, options, rejects, output files, progress."""
