"""When the drug was given, first and last, and until when the patient is monitored (R-22)."""

from dataclasses import dataclass
from datetime import datetime

from pathways.protocol import LibraryPathway
from scheduler.sessions.happenings import Device, DrugEnded, Given
from scheduler.sessions.telling import Story
from scheduler.sessions.visit import DoseVisit


@dataclass(frozen=True)
class Drug:
    """The drug of a session: ``first`` is T0, ``last`` when it was last given, so far as known.

    ``over``: the last of it has been given. ``leaves_from``: before this instant nobody leaves;
    while the drug is not over it is a forecast that only moves later.
    """

    first: datetime
    last: datetime
    over: bool
    leaves_from: datetime


def drug_of(protocol: LibraryPathway, visit: DoseVisit, story: Story) -> Drug | None:
    """The drug of a session; None where it has not been given."""
    given = story.first(Given)
    if given is None:
        return None
    ended, devices = story.last(DrugEnded), story.all(Device)
    known = [given.at, *(device.at for device in devices), *([ended.at] if ended else ())]
    last = max(known)
    over = ended is not None or _all_devices(protocol, visit, given, 1 + len(devices))
    expected = last if over else max(last, given.at + visit.planned("dosing"))
    return Drug(given.at, last, over, expected + visit.monitoring)


def _all_devices(protocol: LibraryPathway, visit: DoseVisit, given: Given, used: int) -> bool:
    ordered = devices_of(protocol, visit, given.mg)
    return ordered is not None and used >= ordered


def devices_of(protocol: LibraryPathway, visit: DoseVisit, mg: int | None) -> int | None:
    """How many devices a dose takes: by what was ordered, else by the plan; None without any."""
    each = protocol.dose_order.mg_per_device
    if each and mg:
        return mg // each
    planned = visit.activity.devices
    return planned[min(visit.occurrence, len(planned)) - 1] if planned else None
