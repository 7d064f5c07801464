"""How fast reminders go out, beside raw PostgreSQL and a job of APScheduler's for each."""
