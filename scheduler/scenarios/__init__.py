"""A clinic's rows as a scenario of the planning contract, and a scenario as a clinic's rows."""
