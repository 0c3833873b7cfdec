"""Who speaks, and what is said."""
