"""Reads and validates the manifests of k8s/; every mistake has its file, line and field."""
