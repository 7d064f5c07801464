"""How people and machines reach it: for now, the command line."""
