"""A second planner, for tiny scenarios: it tries everything, and is slow and plain on purpose.

It shares the records and the wall clock with the rest of the house, and nothing else.
"""
