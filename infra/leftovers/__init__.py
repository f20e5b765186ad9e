"""What a project on Google Cloud still holds that a stack made, what it costs, and its removal."""
