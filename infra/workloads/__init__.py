"""The pipeline's Kubernetes resources, one Pulumi component per file."""
