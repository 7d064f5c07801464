"""One patient's course as a walk through days."""
