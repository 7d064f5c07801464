"""Constructing plans, improving them, and proving how good they are."""
