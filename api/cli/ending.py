"""Ending at once, because somebody pressed Ctrl-C; imports nothing that takes time to load."""

import os
import sys
from typing import NoReturn

GIVEN_UP = 130
"""Exit code: stopped by Ctrl-C; nothing was written (128 + SIGINT, as shells count)."""


def give_up() -> NoReturn:
    """End the process where it stands: a solver's thread could not be waited for."""
    sys.stderr.flush()
    os._exit(GIVEN_UP)
