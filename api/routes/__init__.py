"""The API, one module for each part of the clinic's work."""

from api.routes import changes, plans, service, sessions

ROUTERS = (
    service.router,
    plans.router,
    sessions.router,
    changes.router,
)
"""Every router of the API, in the order in which its pages show them."""
