"""Benchmarks of the pipeline, as ratios to a peer program that runs on the same servers, in the same run."""
