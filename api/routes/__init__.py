"""The API, one module for each part of the clinic's work."""

from api.routes import reminders, service

ROUTERS = (service.router, reminders.router)
"""Every router of the API, in the order in which its pages show them."""
