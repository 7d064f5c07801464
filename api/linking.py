"""The addresses that messages carry."""

from fastapi import Request

from api.dependencies import service_of
from scheduler.reminders.links import Links


def links_of(request: Request) -> Links:
    """Links to the service that answers a request, signed with its key."""
    settings = service_of(request).settings
    return Links(settings.own_url, settings.secrets.signing_key)
