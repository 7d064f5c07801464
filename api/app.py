"""The web service, joined: routes, pages, refusals, who may come in."""

from fastapi import Depends, FastAPI
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.staticfiles import StaticFiles

from api import errors
from api.auth.policy import refuse_without_policy
from api.dependencies import Service, allowed
from api.describing import describe
from api.guarding import logs
from api.guarding.headers import GuardingHeaders
from api.guarding.origin import OwnOrigin
from api.guarding.requests import NumberedRequests
from api.guarding.sizes import LimitedSizes
from api.repeating import keep_answers
from api.routes import ROUTERS, probes
from api.web import (
    calendar_feed,
    calendar_pages,
    coming_in,
    coordination_pages,
    course_pages,
    enrol_pages,
    feed_pages,
    measure_pages,
    overview_pages,
    pages,
    pathway_pages,
    plan_pages,
    reminder_pages,
    repair_pages,
    ride,
    session_pages,
)
from api.web.patient import (
    cover_pages,
    device_pages,
    more_pages,
    next_pages,
    papers,
    question_pages,
    week_pages,
)
from api.web.settings import (
    account_pages,
    duty_pages,
    house_pages,
    place_pages,
    staff_pages,
    text_pages,
)
from scheduler.clock import Clock, now
from scheduler.settings import Settings
from scheduler.store import vault
from scheduler.store.session import Store

PAGES = (
    pages.router,
    coming_in.router,
    coordination_pages.router,
    course_pages.router,
    measure_pages.router,
    calendar_pages.router,
    enrol_pages.router,
    plan_pages.router,
    reminder_pages.router,
    repair_pages.router,
    overview_pages.router,
    pathway_pages.router,
    house_pages.router,
    staff_pages.router,
    duty_pages.router,
    place_pages.router,
    text_pages.router,
    account_pages.router,
    session_pages.router,
    next_pages.router,
    week_pages.router,
    question_pages.router,
    cover_pages.router,
    more_pages.router,
    device_pages.router,
    papers.router,
    calendar_feed.router,
    feed_pages.router,
    ride.router,
)


_WORTH_PACKING = 1000
"""Bytes from which on an answer is packed for who can unpack it."""

_PACKED = 6
"""Of 9: what is left to gain beyond takes twice the time."""


def create_app(settings: Settings, *, store: Store | None = None, clock: Clock = now) -> FastAPI:
    """The service on a store, whose database is migrated; NoPolicy where a route has no roles."""
    logs.install()
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
        app.include_router(keep_answers(router), prefix="/api/v1")
    app.include_router(probes.router)
    for page_router in PAGES:
        app.include_router(page_router, include_in_schema=False)
    app.mount("/static", StaticFiles(packages=[("api.web", "static")]), name="static")
    _guard(app, settings)
    describe(app)
    refuse_without_policy({route.name for route in routes_of(app)})
    return app


def _guard(app: FastAPI, settings: Settings) -> None:
    """What stands around every request; the last one added is met first."""
    # Tokens are masked (api/guarding/masking.py): a packed page's length tells nothing of them.
    app.add_middleware(GZipMiddleware, minimum_size=_WORTH_PACKING, compresslevel=_PACKED)
    app.add_middleware(LimitedSizes)
    app.add_middleware(OwnOrigin, own_url=settings.own_url)
    app.add_middleware(NumberedRequests)
    app.add_middleware(GuardingHeaders, encrypted=settings.own_url.startswith("https:"))


def routes_of(app: FastAPI) -> list[APIRoute]:
    """Every route that a request can reach by a function of ours."""
    found = [context.original_route for context in iter_route_contexts(app.routes)]
    return [route for route in found if isinstance(route, APIRoute)]
