"""Named instances, planned and timed; no part of the tests."""
