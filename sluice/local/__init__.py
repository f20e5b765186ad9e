"""The local pipeline, as supervised processes on this machine: fetch servers, prepare, start, reconcile, stop."""
