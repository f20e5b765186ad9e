"""Leftovers of a stack in a project on Google Cloud: search, cost and removal (scripts/leftovers)."""
