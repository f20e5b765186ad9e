"""What the stack on Google Cloud costs: prices, what is billed, the sum."""
