"""Commands: they translate options, and hold no logic."""
