"""The pipeline as supervised processes on this machine: fetch, prepare, supervise."""
