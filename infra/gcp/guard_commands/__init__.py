"""Commands about the guard: scripts/extend, scripts/wake; and what scripts/lock pins for its functions."""
