"""Reminders: the right words to the right person at the right minute, once, whatever fails."""
