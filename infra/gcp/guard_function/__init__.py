"""Source of the guard's Cloud Functions: this folder is deployed, so that main.py imports sluice_guard beside it."""
