"""Random scenarios of every feature of the planning contract, each a plain document."""
