"""The API, one module for each part of the clinic's work."""

from api.routes import service

ROUTERS = (service.router,)
"""Every router of the API, in the order in which its pages show them."""
