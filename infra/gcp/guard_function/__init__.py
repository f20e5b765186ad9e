"""What is deployed as the guard: this folder, in which main.py finds the package sluice_guard beside it."""
