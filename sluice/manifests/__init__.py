"""The YAML files of k8s/, read and checked: every mistake is named with its file, line and field."""
