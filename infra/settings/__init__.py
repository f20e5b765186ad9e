"""A stack's settings: declared in Pulumi.yaml, checked all at once, given to the program as frozen dataclasses."""
