"""How fast the service is, beside a bare route with one query; a measurement, not a test."""
