"""The guard: stops a cluster's nodes when the budget or the time is used up. ../README.md says how it is run."""
