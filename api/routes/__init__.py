"""The API, one module for each part of the clinic's work."""

from api.routes import care, coverage, enrolments, gates, outcomes, patients, service, work

ROUTERS = (
    service.router,
    patients.router,
    enrolments.router,
    care.router,
    outcomes.router,
    coverage.router,
    gates.router,
    work.router,
)
"""Every router of the API, in the order in which its pages show them."""
