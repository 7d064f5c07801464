"""Why something was refused: one family, told at the edge as a problem document."""

from typing import Any


class Refusal(Exception):
    """Something was not done, and nothing was changed.

    ``says``: what is in the way, ``fix``: what would help. ``rule``: the safety rule, ``place``:
    where in what was sent. ``more``: further members of the problem document, plain data.
    """

    status = 409
    kind = "refused"
    title = "This was refused."

    def __init__(
        self, says: str, *, fix: str = "", rule: str | None = None, place: str = "", **more: Any
    ) -> None:
        super().__init__(says)
        self.says = says
        self.fix = fix
        self.rule = rule
        self.place = place
        self.more = more


class NotThere(Refusal):
    """There is no such thing, or it is not yours: the two look alike."""

    status = 404
    kind = "not-found"
    title = "There is no such thing here."


class NotYours(Refusal):
    """A role that the person does not have would be needed."""

    status = 403
    kind = "not-allowed"
    title = "Your role may not do this."


class OldPage(NotYours):
    """A page's request without the token of the sign-in that there is now."""

    kind = "old-page"
    title = "This page is of another sign-in."


class NotSignedIn(Refusal):
    """Nobody is signed in, or no longer."""

    status = 401
    kind = "not-signed-in"
    title = "Please sign in."


class Clash(Refusal):
    """Somebody or something is taken already."""

    kind = "conflict"
    title = "Something is taken already."


class RuleBroken(Refusal):
    """A safety rule or a rule of the planning contract forbids it."""

    kind = "rule"
    title = "A rule forbids this."


class GateOpen(Refusal):
    """Something must be done before this can start."""

    kind = "gate-open"
    title = "A gate is still open."


class WrongMove(Refusal):
    """The thing is in a state from which this cannot happen."""

    kind = "wrong-state"
    title = "This cannot happen from where it is."


class Stale(Refusal):
    """Somebody else has changed it since it was read."""

    status = 412
    kind = "stale"
    title = "Somebody has changed this since you looked."


class VersionNeeded(Refusal):
    """A change must say which version of the thing it changes, and this one does not."""

    status = 428
    kind = "version-needed"
    title = "Say which version you have changed."


class KeyReused(Refusal):
    """An idempotency key was used before, for another request."""

    status = 422
    kind = "key-reused"
    title = "This key belongs to another request."


class NotUnderstood(Refusal):
    """What was sent makes no sense as it is."""

    status = 422
    kind = "not-understood"
    title = "What was sent cannot be used."


class TooMany(Refusal):
    """Too many requests, or too many of a thing at once."""

    status = 429
    kind = "too-many"
    title = "Please wait a little."
