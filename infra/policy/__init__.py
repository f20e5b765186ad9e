"""The rules that hold of every stack of this project, for Pulumi (`--policy-pack policy`) and for the unit tests."""
