"""The API, one module for each part of the clinic's work."""

from api.routes import appointments, changes, facts, plans, service, sessions

ROUTERS = (
    service.router,
    plans.router,
    appointments.router,
    facts.router,
    sessions.router,
    changes.router,
)
"""Every router of the API, in the order in which its pages show them."""
