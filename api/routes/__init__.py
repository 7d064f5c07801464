"""The API, one module for each part of the clinic's work."""

from api.routes import appointments, facts, service

ROUTERS = (service.router, appointments.router, facts.router)
"""Every router of the API, in the order in which its pages show them."""
