"""Resources on Google Cloud: the GKE cluster, created only after its budget, and what it needs."""
