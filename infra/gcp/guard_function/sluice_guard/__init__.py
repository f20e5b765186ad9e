"""The guard: stops a cluster's nodes when the budget or the time is used up. ../README.md describes its deployment."""
