"""Tells the two voices of a mono call apart, when its models are installed."""
