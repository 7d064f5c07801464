"""Signed links to one visit: good until it begins, and for its time and place alone.

A link holds the visit's id and a signature over whom it is for and when the visit begins: when it
moves, the old link is good for nothing. It is short, because it stands in a text message.
"""

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from scheduler.errors import NotThere
from scheduler.store.tables import Appointment

_SIGNED = 12  # bytes of the signature: 96 bits, since the link stands in a text message


@dataclass(frozen=True)
class Links:
    """Links under one address, signed with one key."""

    url: str
    key: str

    def ride(self, appointment: Appointment) -> str:
        """The link by which a ride is confirmed."""
        return f"{self.url}/ride/{self.token(appointment)}"

    def token(self, appointment: Appointment) -> str:
        """The part of the link that names and signs the visit."""
        return _text(appointment.id.bytes + self._signature(appointment))

    def _signature(self, row: Appointment) -> bytes:
        signed = f"ride:{row.clinic_id}:{row.id}:{row.start.isoformat()}"
        return hmac.digest(self.key.encode(), signed.encode(), "sha256")[:_SIGNED]

    def visit(self, session: Session, token: str, *, now: datetime) -> Appointment:
        """The visit of a link; NotThere where it is not ours, has moved, or has begun.

        The link itself says which clinic's it is: its signature holds the clinic.
        """
        whole = _bytes(token)
        if len(whole) != 16 + _SIGNED:
            raise NotThere("this link is not known")
        row = session.exec(
            select(Appointment).where(Appointment.id == UUID(bytes=whole[:16]))
        ).first()
        if row is None or not hmac.compare_digest(self._signature(row), whole[16:]):
            raise NotThere("this link is not known, or the time has changed since")
        if now >= row.start or row.status != "booked":
            raise NotThere("this link has ended")
        return row


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(token: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return b""
