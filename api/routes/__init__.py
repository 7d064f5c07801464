"""The API, one module for each part of the clinic's work."""

from api.routes import accounts, service

ROUTERS = (service.router, accounts.router)
"""Every router of the API, in the order in which its pages show them."""
