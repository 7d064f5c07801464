"""What a search is doing, shown on standard error while it runs."""

from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from api.cli.terminal import messages, say
from scheduler.planning.stopping import Progress

_SECONDS_BETWEEN_LINES = 5.0
_BAR = 40


class Display:
    """Shows how far a search has come; this one, for ``--quiet``, shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def show(self, now: Progress, share: float) -> None:
        """Take in the state of a search; ``share`` of its time or work is used, 0 to 1."""

    def tell(self, words: str) -> None:
        """Take in a remark beside the search."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class Lines(Display):
    """A plain line where a phase begins, and every few seconds after."""

    def __init__(self) -> None:
        self._last: Progress | None = None

    def show(self, now: Progress, share: float) -> None:  # noqa: ARG002  (lines draw no bar)
        """A line, if there is something new to say."""
        if self._is_news(now):
            self._last = now
            say(f"[{now.seconds:5.1f} s] {phase_text(now)}")

    def _is_news(self, now: Progress) -> bool:
        last = self._last
        if not now.asked:
            return False
        if last is None or last.phase != now.phase:
            return True
        return now.seconds - last.seconds >= _SECONDS_BETWEEN_LINES

    def tell(self, words: str) -> None:
        """The remark, as a line."""
        say(words)


class Bar(Display):
    """A bar that fills as time or work is used, under it what has been reached."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, transient=True, refresh_per_second=8)
        self._spinner = Spinner("dots")
        self._remark = ""

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def show(self, now: Progress, share: float) -> None:
        """Redraw."""
        self._live.update(self._drawn(now, share))

    def tell(self, words: str) -> None:
        """The remark stays under the bar."""
        self._remark = words

    def close(self) -> None:
        """Take the bar away and give the cursor back."""
        self._live.stop()

    def _drawn(self, now: Progress, share: float) -> RenderableType:
        line = Table.grid(padding=(0, 1))
        bar = ProgressBar(total=1.0, completed=share, width=_BAR)
        line.add_row(self._spinner, bar, Text(f"{now.seconds:.0f} s", "dim"))
        reached = Text(f"  {phase_text(now)}")
        return Group(line, reached, *([Text(f"  {self._remark}")] if self._remark else []))


def display(*, quiet: bool) -> Display:
    """A live bar on a terminal, plain lines elsewhere, nothing when quiet."""
    if quiet:
        return Display()
    console = messages()
    return Bar(console) if console.is_terminal else Lines()


def phase_text(now: Progress) -> str:
    """``improving: 212 of 214 placed, cost 1,234, bound 1,100 (gap 10.9%)``."""
    if not now.asked:
        return now.phase
    text = f"{now.phase}: {now.placed:,} of {now.asked:,} placed"
    if now.cost is None:
        return text
    text += f", cost {now.cost:,}"
    if now.must_leave:
        text += f", {now.must_leave:,} must stay out"
    return f"{text}, bound {now.bound:,} (gap {gap(now):.1%})" if now.bound else text


def gap(now: Progress) -> float:
    """The share of the cost that lies above the bound, 0 to 1."""
    return (now.cost - now.bound) / now.cost if now.cost else 0.0
