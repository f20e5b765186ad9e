"""The Pulumi program: the pipeline of k8s/, connect/ and schemas/ on a Kubernetes cluster."""
