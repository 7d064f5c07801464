"""Seeded mistakes: each a small wrong change of the service, beside the tests that must find it."""
