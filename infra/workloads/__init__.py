"""What runs in the cluster, a component a file."""
