"""Commands for a pipeline in a Kubernetes cluster: each runs in a pod there, which reaches the brokers and stores."""
