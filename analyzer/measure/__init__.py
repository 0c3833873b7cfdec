"""What the call amounts to."""
