"""Where bytes come from: files, pipes, the web, buckets; unpacked from gzip, bzip2, xz and tar as they are read."""
