"""Settings: the clinic's hours, people, duties, places and accounts, as pages."""
