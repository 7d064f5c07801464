"""The search: its pieces, one by one."""
