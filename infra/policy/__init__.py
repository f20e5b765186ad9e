"""Policy rules for every stack of this project; run by Pulumi (`--policy-pack infra/policy`) and by unit tests."""
