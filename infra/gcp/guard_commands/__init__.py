"""Commands scripts/extend, scripts/wake and scripts/guard-test; and what scripts/lock pins for the functions."""
