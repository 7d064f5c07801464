"""Eight weeks of an invented clinic in minutes: what patients are sent while much goes wrong."""
