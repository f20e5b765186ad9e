"""The pipeline on a Kubernetes cluster: every command runs inside, where the brokers and stores can be reached."""
