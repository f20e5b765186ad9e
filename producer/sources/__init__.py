"""Reading of sources: files, pipes, URLs and buckets, decompressed (gzip, bzip2, xz) and taken from tar archives."""
