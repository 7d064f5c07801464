"""What should happen, and what must never happen: pathways, scenarios, plans, safety rules.

Pure: no clock, no database, no network. Every "now" is an argument.
"""
