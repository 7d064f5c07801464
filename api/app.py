"""The web service, joined: routes, pages, refusals, who may come in."""

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles

from api import errors
from api.auth.policy import refuse_without_policy
from api.dependencies import Service, allowed
from api.routes import ROUTERS
from api.web import pages, ride
from scheduler.clock import Clock, now
from scheduler.settings import Settings
from scheduler.store import vault
from scheduler.store.session import Store


def create_app(settings: Settings, *, store: Store | None = None, clock: Clock = now) -> FastAPI:
    """The service on a store, whose database is migrated; NoPolicy where a route has no roles."""
    vault.install(vault.Vault(settings.secrets.field_key))
    app = FastAPI(
        title="careweave",
        summary="Plans and runs intensive outpatient programmes with ketamine sessions.",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        dependencies=[Depends(allowed)],
    )
    app.state.service = Service(store or Store(settings.database_url), settings, clock)
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router, prefix="/api/v1")
    app.include_router(pages.router, include_in_schema=False)
    app.include_router(ride.router, include_in_schema=False)
    app.mount("/static", StaticFiles(packages=[("api.web", "static")]), name="static")
    refuse_without_policy({route.name for route in app.routes if isinstance(route, APIRoute)})
    return app
