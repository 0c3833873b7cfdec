"""What the standard says about it."""
