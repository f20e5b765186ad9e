"""What loads of rows and of images share: options, rejects, output files, progress, and how a load ends."""
