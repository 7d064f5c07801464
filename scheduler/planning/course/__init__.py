"""One patient's whole course, solved exactly, day by day."""
