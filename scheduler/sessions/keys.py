"""Which keys somebody is shown in a session: what they may record, and what can happen now."""

from typing import Final

from scheduler.acting import Actor
from scheduler.sessions.permitting import recorders
from scheduler.sessions.stages import Phase
from scheduler.sessions.timeline import Timeline
from scheduler.store.tables import SessionEvent

_BEFORE: Final = ("check-in", "vitals", "decision", "given", "not given", "left early")
_AFTER: Final = (
    "vitals",
    "side effect",
    "extended",
    "note given",
    "ride met",
    "ready",
    "discharged",
    "left early",
)

BY_PHASE: Final[dict[Phase, tuple[str, ...]]] = {
    "expected": ("arrived",),
    "arrived": _BEFORE,
    "check-in": _BEFORE,
    "dosing": ("device", "drug ended", *_AFTER[:2], "note given", "left early"),
    "monitoring": _AFTER,
    "discharge": _AFTER,
    "discharged": ("form filed",),
    "left early": ("reviewed", "form filed"),
    "not given": (),
}
"""What can happen in each part of a session, in the order of its keys."""


def keys_of(actor: Actor, present: Timeline) -> tuple[str, ...]:
    """The kinds of events for which somebody is shown a key, in order."""
    about = "suicide risk" if present.check_in.suicide_risk else None
    return tuple(
        kind
        for kind in BY_PHASE[present.stage.phase]
        if actor.roles & recorders(kind, about) and _asked(kind, present)
    )


def _asked(kind: str, present: Timeline) -> bool:
    """Whether there is anything left to record of a kind that is recorded once."""
    if kind == "form filed":
        return present.form_due is not None and not present.form_filed
    if kind == "decision":
        pressure, form = present.pressure, present.check_in
        raised = pressure.found in ("prescriber decides", "hold")
        return raised or bool(form.adverse) or bool(form.suicide_risk)
    return True


def may_correct(actor: Actor, row: SessionEvent) -> bool:
    """Whether somebody may say that an event did not happen as it was written down."""
    return bool(actor.roles & recorders(row.kind, row.data.get("about")))
