"""The API, one module for each part of the clinic's work."""

from api.routes import plans, service

ROUTERS = (service.router, plans.router)
"""Every router of the API, in the order in which its pages show them."""
