"""``careweave``: where the program begins, lightly, so that a Ctrl-C is heard at once."""

import gc
import signal
import sys
from types import FrameType

from api.cli.ending import give_up

RECORDS_BETWEEN_LOOKS = 500_000
"""A command's records live until it ends: to look through them for garbage more often is vain."""
LOOKS_WHILE_SERVING = 50_000
"""The same for what goes on until it is told to stop, whose records come and go."""


def main() -> None:
    """Run the command line; what a terminal cannot show is replaced, not refused."""
    signal.signal(signal.SIGINT, _give_up)
    gc.set_threshold(RECORDS_BETWEEN_LOOKS)
    # Half a second of imports: a Ctrl-C among them ends the program, and shows no traceback.
    from api.cli.commands import app  # noqa: PLC0415  (see above)

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        app()
    finally:
        gc.freeze()  # what lives ends with the process, and is not looked through once more


def _give_up(_number: int, _frame: FrameType | None) -> None:
    give_up()
