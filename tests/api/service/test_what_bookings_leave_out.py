"""What a booking leaves out, so that nobody waits for it, would have changed nothing."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from operator import attrgetter
from typing import Any

import pytest
from sqlmodel import Session, select

from api.bench.crowd import NOW, set_free
from api.demo.loading import document_of_demo
from api.demo.writing import CLINIC
from pathways import reading
from scheduler import following, gates, locking
from scheduler.acting import machine
from scheduler.appointments import making
from scheduler.appointments.holding import people_and_zone
from scheduler.appointments.judging import Judged, judged
from scheduler.appointments.offering import Offer, planned_from
from scheduler.appointments.scene import scene_of
from scheduler.care import facts
from scheduler.care.facts import OF_A_VISIT, Facts
from scheduler.scenarios.around import Beside
from scheduler.scenarios.taking import bring_in
from scheduler.store.session import Store
from scheduler.store.tables import Gate

PATIENTS = 24
HOW_MANY = 8
SHIFTED = [timedelta(), timedelta(hours=1), timedelta(hours=-2), timedelta(days=1)]


def smaller(document: dict[str, Any]) -> dict[str, Any]:
    """The clinic with some of its patients, and what these have without the others."""
    patients = document["patients"][:PATIENTS]
    kept = {patient["id"] for patient in patients}
    booked = [one for one in document["booked"] if kept.issuperset(one["patients"])]
    return document | {"patients": patients, "booked": booked}


@pytest.fixture
def offers(store: Store) -> list[dict[str, Any]]:
    """Part of the demo clinic at work, without a few bookings; those, as offers."""
    document, offers = set_free(smaller(document_of_demo()), HOW_MANY)
    scenario = reading.read_scenario(document)
    with store.writing() as session:
        bring_in(session, scenario, now=NOW)
        gates.refresh_patients(session, CLINIC, (p.id for p in scenario.patients), now=NOW)
    return offers


def gates_of(session: Session) -> list[Any]:
    """The gates of the clinic, each with what it says and whether it is open."""
    found = session.exec(select(Gate).where(Gate.clinic_id == CLINIC)).all()
    return sorted((str(g.appointment_id), g.rule, g.about, g.says, str(g.closed_at)) for g in found)


def test_a_booking_leaves_the_gates_that_judging_all_would_leave(
    store: Store, offers: list[dict[str, Any]]
) -> None:
    kinds = set()
    for offer in offers:
        reasons = offer.pop("reasons")
        with store.writing() as session:
            chosen = Offer.model_validate(offer)
            actor = machine(CLINIC, "test")
            row = making.book(session, actor, chosen, now=NOW, reasons=reasons)
            kinds.add((row.is_dose, row.series_id is None))
        with store.writing() as session:
            left = gates_of(session)
            gates.refresh_patients(session, CLINIC, offer["patients"], now=NOW)
            session.flush()
            assert gates_of(session) == left, offer
    assert len(kinds) == 3


def visits_in(known: Mapping[str, Facts]) -> dict[str, Any]:
    """Whose appointments are known, by what says something of care, and who comes to them."""
    told = attrgetter(*OF_A_VISIT)
    return {
        name: [(told(visit), tuple(one.taking_part[visit.id])) for visit in one.appointments]
        for name, one in known.items()
    }


def test_visits_that_are_read_once_are_what_is_stored_when_gates_are_judged(
    store: Store, offers: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    spared = set()

    def compared(
        session: Session, clinic_id: str, names: Iterable[str], visits: Any = None
    ) -> dict[str, Facts]:
        names, visits = list(names), None if visits is None else list(visits)
        found = facts.known_of(session, clinic_id, names, visits)
        assert visits_in(found) == visits_in(facts.known_of(session, clinic_id, names))
        spared.add(visits is not None)
        return found

    monkeypatch.setattr(following, "known_of", compared)
    actor = machine(CLINIC, "test")
    for offer in offers:
        reasons = offer.pop("reasons")
        chosen = Offer.model_validate(offer)
        with store.writing() as session:
            making.hold(session, actor, chosen, now=NOW, reasons=reasons)
        over = NOW + making.HOLD_LASTS
        with store.writing() as session:
            making.book(session, actor, chosen, now=over, reasons=reasons)
    assert spared == {True, False}


def found_in(session: Session, offer: Offer, *, sharing: bool) -> Judged:
    """What the judge finds in an offer, beside what shares its place or people, or beside all."""
    people, zone = people_and_zone(session, CLINIC, offer.patients)
    days = frozenset(locking.days_of(offer.start, offer.end, zone))
    beside = Beside(days, offer.names if sharing else None)
    before = scene_of(session, CLINIC, people, beside, NOW)
    activity = before.activity(offer.patients[0], offer.activity)
    planned = planned_from(offer, before.clinic, activity, offer.code)
    return judged(before, before.with_these([planned]), frozenset({planned.identity}))


def moved(offer: dict[str, Any], by: timedelta) -> Offer:
    """The offer at another time, which need not be free."""
    asked = Offer.model_validate({key: value for key, value in offer.items() if key != "reasons"})
    spans = [
        stage.model_copy(update={"start": stage.start + by, "end": stage.end + by})
        for stage in asked.stages
    ]
    times = {"start": asked.start + by, "end": asked.end + by, "stages": tuple(spans)}
    return asked.model_copy(update=times)


def test_who_is_met_by_chance_need_not_be_known_whole(
    store: Store, offers: list[dict[str, Any]]
) -> None:
    broken = set()
    for offer in offers:
        for by in SHIFTED:
            with store.reading() as session:
                asked = moved(offer, by)
                found = found_in(session, asked, sharing=True)
                assert found == found_in(session, asked, sharing=False), (offer, by)
            broken |= {finding.rule for finding in found.contract}
            broken |= {breach.rule for breach in found.safety}
    assert {"location", "practitioner", "capacity"} & broken
