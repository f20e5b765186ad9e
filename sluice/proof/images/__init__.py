"""Proof of images: compares every byte of a source's images with Redis. Also `sluice get`."""
