"""What holds a scenario together: ids that exist and stand once, bookings that can be true."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from pathways import timing
from pathways.model import Pathway
from pathways.record import Fault, repeated
from pathways.remainder import Remainder
from pathways.scenario import Booked, Patient, ScenarioDocument


class _Known:
    """The ids that a document holds; those of records with faults of their own count, too."""

    def __init__(
        self, document: ScenarioDocument, pathways: Mapping[str, Pathway], rest: Remainder
    ) -> None:
        self.locations = rest.written_ids("clinic", "locations")
        self.practitioners = rest.written_ids("clinic", "practitioners")
        self.groups = rest.written_ids("clinic", "groups")
        self.patient_ids = rest.written_ids("patients")
        self.patients = {patient.id: patient for patient in document.patients}
        self.pathway_ids = set(pathways) | rest.written_ids("pathways")
        self.activities = {
            name: {activity.id for activity in pathway.activities}
            for name, pathway in pathways.items()
        }
        self.zone_is_read = not rest.took(("clinic", "timezone"))
        self.all_pathways_read = len(pathways) == len(rest.written["pathways"])


def reference_faults(
    document: ScenarioDocument, pathways: Mapping[str, Pathway], rest: Remainder
) -> list[Fault]:
    """Every id that does not exist or stands twice, and every booking that cannot be true."""
    known = _Known(document, pathways, rest)
    faults = [*_ids_twice(document), *_clinic_faults(document, known)]
    for number, patient in enumerate(document.patients):
        place = f"patients[{number}]"
        faults += [(f"{place}.{key}", says) for key, says in _patient_faults(patient, known)]
        faults += [
            (f"{place}.{key}", says) for key, says in _history_faults(patient, document, known)
        ]
    for number, booked in enumerate(document.booked):
        place = f"booked[{number}]"
        faults += [(_at(place, key), says) for key, says in _booked_faults(booked, document, known)]
    return faults


def _at(place: str, key: str) -> str:
    return f"{place}.{key}" if key else place


def _ids_twice(document: ScenarioDocument) -> Iterator[Fault]:
    clinic = document.clinic
    for place, records in (
        ("clinic.locations", clinic.locations),
        ("clinic.practitioners", clinic.practitioners),
        ("clinic.groups", clinic.groups),
        ("patients", document.patients),
        ("booked", document.booked),
    ):
        for number, name in repeated(record.id for record in records):
            yield f"{place}[{number}].id", f"{name!r} stands twice; ids are unique"
    for number, name in repeated(str(booked.identity) for booked in document.booked):
        yield f"booked[{number}]", f"two bookings of the same occurrence: {name}"


def _clinic_faults(document: ScenarioDocument, known: _Known) -> Iterator[Fault]:
    for number, group in enumerate(document.clinic.groups):
        if group.location not in known.locations:
            yield f"clinic.groups[{number}].location", f"there is no location {group.location!r}"
        if group.facilitator not in known.practitioners:
            place = f"clinic.groups[{number}].facilitator"
            yield place, f"there is no practitioner {group.facilitator!r}"


def _patient_faults(patient: Patient, known: _Known) -> Iterator[Fault]:
    if patient.pathway not in known.pathway_ids:
        yield "pathway", f"there is no pathway {patient.pathway!r}"
    activities = known.activities.get(patient.pathway)
    for activity, series in patient.groups.items():
        if activities is not None and activity not in activities:
            yield f"groups.{activity}", f"{patient.pathway!r} has no activity {activity!r}"
        if series not in known.groups:
            yield f"groups.{activity}", f"there is no group {series!r}"
    for number, settled in enumerate(patient.settled):
        if activities is not None and settled.activity not in activities:
            place = f"settled[{number}].activity"
            yield place, f"{patient.pathway!r} has no activity {settled.activity!r}"
    yield from _partner_faults(patient, known)


def _partner_faults(patient: Patient, known: _Known) -> Iterator[Fault]:
    if patient.partner is None:
        return
    partner = known.patients.get(patient.partner)
    if patient.partner not in known.patient_ids:
        yield "partner", f"there is no patient {patient.partner!r}"
    elif partner is patient:
        yield "partner", "names the patient themself"
    elif partner is not None and partner.partner != patient.id:
        yield "partner", f"{patient.partner!r} does not name {patient.id!r} in turn"


def _history_faults(patient: Patient, document: ScenarioDocument, known: _Known) -> Iterator[Fault]:
    begins = timing.instant(patient.start, 0, timing.zone(document.clinic.timezone))
    limit = max(begins, document.now or datetime.min.replace(tzinfo=UTC))
    activities = set().union(*known.activities.values())
    for number, past in enumerate(patient.history):
        place = f"history[{number}]"
        if past.end <= past.start:
            yield f"{place}.end", "ends before it begins"
        if known.zone_is_read and past.start >= limit:
            yield f"{place}.start", "lies neither before now nor before the patient's start"
        if known.all_pathways_read and past.activity not in activities:
            yield f"{place}.activity", f"no pathway has an activity {past.activity!r}"


def _booked_faults(booked: Booked, document: ScenarioDocument, known: _Known) -> Iterator[Fault]:
    for number, name in enumerate(booked.patients):
        if name not in known.patient_ids:
            yield f"patients[{number}]", f"there is no patient {name!r}"
        if name in booked.patients[:number]:
            yield f"patients[{number}]", f"{name!r} stands twice"
        if name in known.patients:
            yield from _booked_activity(booked, known.patients[name], known)
    if booked.location is not None and booked.location not in known.locations:
        yield "location", f"there is no location {booked.location!r}"
    yield from _booked_people(booked, known)
    if not booked.locked and document.now is not None and booked.start < document.now:
        yield "locked", "starts before now; what has begun is locked"


def _booked_activity(booked: Booked, patient: Patient, known: _Known) -> Iterator[Fault]:
    if booked.activity not in known.activities.get(patient.pathway, {booked.activity}):
        yield "activity", f"{patient.pathway!r} has no activity {booked.activity!r}"
    occurrence = (booked.activity, booked.occurrence)
    if occurrence in {(settled.activity, settled.occurrence) for settled in patient.settled}:
        yield "occurrence", "is settled; leave the booking out or the settlement"


def _booked_people(booked: Booked, known: _Known) -> Iterator[Fault]:
    for number, name in enumerate(booked.practitioners):
        if name not in known.practitioners:
            yield f"practitioners[{number}]", f"there is no practitioner {name!r}"
    for number, stage in enumerate(booked.stages):
        if stage.practitioner is not None and stage.practitioner not in known.practitioners:
            place = f"stages[{number}].practitioner"
            yield place, f"there is no practitioner {stage.practitioner!r}"
