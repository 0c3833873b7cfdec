"""Composed calls with known truth, for your tests and ours."""
