"""``careweave serve``: the service in one process: pages, API, worker and alarm clock."""

import gc
import signal
from contextlib import nullcontext
from typing import Annotated, Any, Final

import typer

from api.cli.app import LOOKS_WHILE_SERVING
from api.cli.installation import Data, Database, settings_from, store_of
from api.cli.terminal import say

IDLE_SECONDS: Final = 75
"""A connection is kept open for so long between two requests.

A proxy in front must give its own up sooner: one that sends just as we hang up cannot know whether
we have read what it sent, and does not send a change again.
"""


def serve(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Where to listen.")] = None,
    host: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="On which address to listen.")
    ] = None,
    data: Data = None,
    database: Database = None,
    public_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Under which address others reach the pages."),
    ] = None,
    demo: Annotated[
        bool,
        typer.Option("--demo", help="Bring in the demo clinic, and print a link for each role."),
    ] = False,
) -> None:
    """Serve the clinic: pages for people, an API for machines.

    Without any setting it makes its database and its secrets in careweave-data at the first start.
    """
    gc.set_threshold(LOOKS_WHILE_SERVING)
    # Web code is loaded only by the commands that serve.
    import uvicorn  # noqa: PLC0415  (see above)

    from api.app import create_app  # noqa: PLC0415  (see above)
    from api.cli.behind import behind  # noqa: PLC0415  (see above)

    settings = settings_from(
        data, database, port=port, host=host, public_url=public_url, demo=demo or None
    )
    with store_of(settings) as store:
        config = uvicorn.Config(
            create_app(settings, store=store),
            host=settings.host,
            port=settings.port,
            log_level="warning",
            timeout_graceful_shutdown=10,
            access_log=False,
            server_header=False,
            timeout_keep_alive=IDLE_SECONDS,
        )
        with behind(store, settings, demo=demo):
            say(f"careweave serves at {settings.own_url}; Ctrl-C ends it.")
            _until_asked_to_end(uvicorn.Server(config))


def _until_asked_to_end(server: Any) -> None:
    """Serve until a signal asks for the end; answers that are under way are finished first.

    The server's own way ends by raising the signal again, and the store would be left open.
    """
    server.capture_signals = nullcontext
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, server.handle_exit)
    server.run()
