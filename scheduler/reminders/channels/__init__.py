"""The ways out of the house: each sends one message, or says whether trying again can help."""
