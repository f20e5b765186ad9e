"""Cost estimate of a stack on Google Cloud: prices, billed resources, and their sum (scripts/cost)."""
