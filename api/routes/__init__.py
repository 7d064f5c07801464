"""The API, one module for each part of the clinic's work."""

from api.routes import (
    accounts,
    appointments,
    care,
    changes,
    coverage,
    enrolments,
    facts,
    gates,
    house,
    message_consents,
    messages,
    notes,
    outcomes,
    patients,
    plans,
    reminders,
    service,
    sessions,
    visits,
    work,
)

ROUTERS = (
    # Looked through from the first on for each request: what is asked all day comes first.
    visits.router,
    service.router,
    patients.router,
    enrolments.router,
    care.router,
    outcomes.router,
    coverage.router,
    plans.router,
    appointments.router,
    facts.router,
    gates.router,
    house.router,
    sessions.router,
    work.router,
    reminders.router,
    notes.router,
    message_consents.router,
    messages.router,
    changes.router,
    accounts.router,
)
"""Every router of the API."""
