"""Scores Mandarin contact-centre recordings against a service standard, with evidence to listen to."""

__version__ = "0.1.0"
