"""When it happens, and whether it did: the planner and what judges its plans."""
