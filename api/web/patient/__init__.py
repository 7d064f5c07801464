"""The patient's own pages: what comes next, their weeks, questions, messages and settings."""
