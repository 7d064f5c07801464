"""A few patients and what stands on a few dates: all that a change by hand is judged against."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from operator import attrgetter

from sqlmodel import Session

from pathways.model import Activity, Pathway
from pathways.plan import Appointment, Cost, JoinedSeries, Plan
from pathways.scenario import Booked, Clinic, Scenario
from scheduler.errors import NotUnderstood
from scheduler.promising import series_of
from scheduler.scenarios.around import Beside, OnPathway, Taken, around

Identity = tuple[tuple[str, ...], str, int]
"""Patients in order of their ids, activity and number: what makes two appointments the same."""


@dataclass(frozen=True)
class Scene:
    """What the judge may know. ``patients``: whom the change is about, with their partners.

    ``standing``: the appointments, as the contract has them; a change makes another scene.
    ``enrolments``: by which its patients are in it. ``visits``: all that they have, as it is
    stored, standing or not.
    """

    scenario: Scenario
    patients: frozenset[str]
    standing: tuple[Appointment, ...]
    enrolments: Mapping[str, OnPathway] = field(default_factory=dict)
    visits: tuple[Taken, ...] = ()

    @property
    def clinic(self) -> Clinic:
        """The clinic, its places and its people."""
        return self.scenario.clinic

    @cached_property
    def plan(self) -> Plan:
        """What stands, as a plan of which neither cost nor gaps are known."""
        return Plan.model_construct(
            format="care-plan/1",
            scenario=self.clinic.id,
            status="feasible",
            cost=Cost(total=0),
            bound=0,
            groups=tuple(self._joined()),
            appointments=self.standing,
            unplaced=(),
        )

    def _joined(self) -> Iterator[JoinedSeries]:
        """The series of each patient's latest meeting; where there is none, the one they asked."""
        joined: dict[tuple[str, str], str] = {}
        for appointment in reversed(self.standing):
            key = (appointment.patients[0], appointment.activity)
            if key not in joined and (activity := self.activity(*key)).kind == "group":
                series = series_of(self.clinic, appointment, activity)
                if series is not None:
                    joined[key] = series.id
        for patient in self.scenario.patients:
            for name, wished in patient.groups.items():
                joined.setdefault((patient.id, name), wished)
        for (whose, name), found in joined.items():
            yield JoinedSeries.model_construct(patient=whose, activity=name, series=found)

    def activity(self, patient: str, name: str) -> Activity:
        """An activity on a patient's pathway; NotUnderstood where there is none of this name."""
        found = self._activities[patient].get(name)
        if found is not None:
            return found
        pathway = self.scenario.pathway_of(self.scenario.patient(patient))
        raise NotUnderstood(
            f"the pathway {pathway.id!r} has no activity {name!r}",
            fix="write one of " + ", ".join(a.id for a in pathway.activities),
            place="activity",
        )

    @cached_property
    def _activities(self) -> dict[str, dict[str, Activity]]:
        """The activities of each patient's pathway, by their ids."""
        of = {pathway.id: {a.id: a for a in pathway.activities} for pathway in self._pathways}
        return {patient.id: of[patient.pathway] for patient in self.scenario.patients}

    @property
    def _pathways(self) -> Iterator[Pathway]:
        """Those of the clinic's pathways that somebody here is on."""
        names = {patient.pathway for patient in self.scenario.patients}
        return (pathway for pathway in self.scenario.pathways if pathway.id in names)

    def following(self, patient: str, name: str, occurrence: int) -> frozenset[Identity]:
        """What stands and comes after an occurrence, and what comes after that."""
        activities = self.scenario.pathway_of(self.scenario.patient(patient)).activities
        chain = [name]
        for earlier in chain:
            chain += [a.id for a in activities if a.after and a.after.activity == earlier]
        return frozenset(
            held.identity
            for held in self.standing
            if patient in held.patients
            and held.activity in chain[1:]
            and held.occurrence == occurrence
        )

    def has(self, identity: Identity) -> bool:
        """Whether an occurrence stands."""
        return bool(_those(self.standing, {identity}))

    def without(self, identities: Collection[Identity]) -> "Scene":
        """The scene in which some appointments do not stand."""
        gone = [id(held) for held in _those(self.standing, set(identities))]
        if not gone:
            return self
        kept = tuple(held for held in self.standing if id(held) not in gone)
        return replace(self, standing=kept)

    def with_these(self, changed: Iterable[Appointment]) -> "Scene":
        """The scene with some appointments, instead of those of the same occurrences."""
        changed = tuple(changed)
        kept = self.without({held.identity for held in changed}).standing
        together = sorted((*kept, *changed), key=attrgetter("start"))
        return replace(self, standing=tuple(together))

    @cached_property
    def all_locked(self) -> Scenario:
        """The scenario with everything that stands booked and locked."""
        booked = tuple(
            Booked.model_construct(**{**dict(one), "locked": True}) for one in self.standing
        )
        return self.scenario.model_copy(update={"booked": booked})


def _those(standing: Iterable[Appointment], identities: Collection[Identity]) -> list[Appointment]:
    """Which appointments are some of a few; most have another activity or number."""
    named = {(activity, number) for _, activity, number in identities}
    return [
        held
        for held in standing
        if (held.activity, held.occurrence) in named and held.identity in identities
    ]


def scene_of(
    session: Session, clinic_id: str, patients: Iterable[str], beside: Beside, now: datetime
) -> Scene:
    """The scene of some patients, with their partners, and what stands beside them.

    NotUnderstood where one of them has no active enrolment.
    """
    named = frozenset(patients)
    found = around(session, clinic_id, named, beside, now=now)
    missing = named - found.enrolments.keys()
    if missing:
        raise NotUnderstood(
            f"{', '.join(sorted(missing))} is on no pathway now",
            fix="enrol the patient first",
            place="patients",
        )
    return Scene(found.scenario, named, found.scenario.booked, found.enrolments, found.visits)
