"""What a person does about the guard: scripts/extend and scripts/wake."""
