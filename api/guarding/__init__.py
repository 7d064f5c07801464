"""What stands around every request: its number, its log line, its headers, where it came from."""
