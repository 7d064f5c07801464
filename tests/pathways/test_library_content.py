"""What the pathways of the library say: read as a clinician would, pathway by pathway."""

from datetime import timedelta
from itertools import pairwise

import pytest

from pathways import library
from pathways.levels import levels
from pathways.protocol import LibraryPathway
from pathways.protocol.activities import Aim
from pathways.safety.courses import doses_by_week
from tests.pathways.documents import VERSION

ALL = [library.load(name, version) for name, version in library.names()]
BY_ID = {pathway.id: pathway for pathway in ALL}
AIMS: tuple[Aim, ...] = (
    "make sense of the experience",
    "challenge rigid thinking",
    "practise coping",
    "turn insight into behaviour",
)


def each(*names: str) -> list[LibraryPathway]:
    return [BY_ID[name] for name in names]


def name_of(pathway: LibraryPathway) -> str:
    return pathway.id


every_pathway = pytest.mark.parametrize("pathway", ALL, ids=name_of)


@every_pathway
def test_a_pathway_carries_all_that_surrounds_its_sessions(pathway: LibraryPathway) -> None:
    assert {"PHQ-9", "C-SSRS", "GAD-7", "PCL-5", "MADRS"} <= {m.id for m in pathway.measures}
    assert {"food", "drink", "ride"} <= {i.id for i in pathway.instructions}
    notes = {"what-to-expect", "what-it-cannot-do", "driving-and-machinery", "when-to-call"}
    assert notes <= {note.id for note in pathway.education}
    assert {"treatment", "telehealth", "messages", "release"} <= {c.id for c in pathway.consents}
    reminders = {r.id for r in pathway.reminders}
    assert {"N-09", "N-10", "N-11", "N-13", "N-19", "N-21", "N-23"} <= reminders
    assert any(check.mandatory for check in pathway.vitals.checks)
    assert len(pathway.discharge) >= 9


@every_pathway
def test_no_dose_without_clearance_note_and_the_rest_of_the_day(pathway: LibraryPathway) -> None:
    assert pathway.doses
    needed = {"medical", "blood-pressure", "psychiatric", "substance-use", "pregnancy-test"}
    for dose in pathway.doses:
        assert needed <= set(dose.needs_clearance)
        assert dose.rest_of_day
        assert dose.no_driving
        assert dose.gap_before >= 30


@every_pathway
def test_integration_sessions_take_up_the_four_aims_in_turn(pathway: LibraryPathway) -> None:
    sessions = pathway.with_purpose("integration")
    assert sessions
    for session in sessions:
        for number in range(1, 13):
            assert session.aim_of(number) in AIMS
            assert session.aim_of(number) == session.aim_of(number + len(session.aims))


@pytest.mark.parametrize("pathway", each("iop-esketamine-trd", "iop-ketamine-iv-3x2"), ids=name_of)
def test_over_a_course_all_four_aims_are_taken_up(pathway: LibraryPathway) -> None:
    taken = {aim for session in pathway.with_purpose("integration") for aim in session.aims}
    assert taken == set(AIMS)


@every_pathway
def test_an_absolute_item_is_cleared_by_nobody(pathway: LibraryPathway) -> None:
    absolute = {item.id for item in pathway.screening if item.strength == "absolute"}
    assert {
        *("aneurysm", "intracerebral-haemorrhage", "hypersensitivity", "under-age"),
    } <= absolute
    for item in pathway.screening:
        assert bool(item.cleared_by) == (item.strength == "relative")


@every_pathway
def test_no_clinician_has_signed_a_pathway_of_this_project(pathway: LibraryPathway) -> None:
    """Signing off is done by a prescriber of the clinic that uses it."""
    assert pathway.signed_off is None


@every_pathway
def test_the_first_dose_is_not_blocked_by_a_stale_clearance(pathway: LibraryPathway) -> None:
    """What must be fresh for the first dose is never fresher than it may be old."""
    for clearance in pathway.clearances:
        assert (clearance.first_dose_within_days or 1) <= clearance.valid_days
        assert clearance.warn_days <= clearance.valid_days


@every_pathway
def test_a_ketamine_session_is_off_label_and_esketamine_is_not(pathway: LibraryPathway) -> None:
    assert pathway.off_label is (pathway.treatment == "ketamine")


# Esketamine


def test_esketamine_for_resistant_depression_runs_by_its_label_after_two_weeks() -> None:
    pathway = BY_ID["iop-esketamine-trd"]
    assert pathway.dose_weeks[0] == 3
    assert doses_by_week(pathway) == (2, 2, 2, 2, 1, 1, 1, 1)
    assert [dose.devices for dose in pathway.doses] == [(2,), (3,), (3,)]


def test_an_induction_takes_exactly_23_devices() -> None:
    pathway = BY_ID["iop-esketamine-trd"]
    first, dose, _ = pathway.doses
    doses = sum(dose.per_week(week) for week in dose.scheduled_weeks)
    assert first.devices[-1] + doses * dose.devices[-1] == 23


def test_a_visit_with_three_devices_takes_175_minutes() -> None:
    dose = BY_ID["iop-esketamine-trd"].activity("dose")
    assert dose.length == timedelta(minutes=30 + 10 + 120 + 15)


def test_with_acute_suicidal_ideation_the_course_ends_after_four_weeks() -> None:
    pathway = BY_ID["iop-esketamine-acute"]
    assert pathway.weeks == 4
    assert doses_by_week(pathway) == (2, 2, 2, 2)
    assert [departure.rule for departure in pathway.departures] == ["R-02"]
    assert pathway.activity("safety-plan").scheduled_weeks == (1,)


def test_the_dbt_variant_differs_in_its_therapy_alone() -> None:
    dbt, cbt = each("iop-esketamine-dbt", "iop-esketamine-trd")
    assert (dbt.therapy, cbt.therapy) == ("dbt", "cbt")
    assert [d.contract for d in dbt.doses] == [d.contract for d in cbt.doses]
    skills = {n.skill for a in dbt.with_purpose("individual") for n in a.role_needs}
    assert skills == {"dbt"}


@pytest.mark.parametrize(
    ("name", "days"), [("maintenance-esketamine", 14), ("maintenance-esketamine-weekly", 7)]
)
def test_maintenance_is_a_pathway_of_its_own_that_a_prescriber_starts(name: str, days: int) -> None:
    pathway = BY_ID[name]
    assert (pathway.phase, pathway.started_by) == ("maintenance", "prescriber")
    assert pathway.interval is not None
    assert pathway.interval.days == days
    assert "induction-evaluation" in pathway.doses[0].needs_clearance


@every_pathway
def test_an_induction_never_runs_on_into_maintenance(pathway: LibraryPathway) -> None:
    if pathway.phase == "induction":
        assert len(pathway.dose_weeks) <= 12
        assert pathway.dose_weeks[-1] - pathway.dose_weeks[0] < 8


# Racemic ketamine


@pytest.mark.parametrize(
    ("name", "by_week"),
    [
        ("iop-ketamine-iv-2x3", (2, 2, 2)),
        ("iop-ketamine-iv-3x2", (3, 3)),
        ("viop-ketamine-iv", (2, 2, 2)),
        ("iop-ketamine-im", (1,) * 6),
        ("viop-ketamine-lozenge-home", (1,) * 6),
        ("couples-ketamine-im", (1,) * 6),
        ("dual-diagnosis-ketamine-iv", (2, 2, 2)),
        ("ptsd-ketamine-iv", (3, 3)),
        ("booster-ketamine-iv", (1,)),
    ],
)
def test_series_by_week(name: str, by_week: tuple[int, ...]) -> None:
    assert doses_by_week(BY_ID[name]) == by_week


def test_in_the_virtual_programme_only_the_infusions_are_in_the_clinic() -> None:
    pathway = BY_ID["viop-ketamine-iv"]
    in_person = {a.id for a in pathway.activities if a.modality == "in-person"}
    assert in_person == {"infusion", "later-infusion"}


def test_a_lozenge_at_home_has_a_sitter_a_video_and_stricter_gates() -> None:
    pathway = BY_ID["viop-ketamine-lozenge-home"]
    clinic = BY_ID["iop-ketamine-im"]
    assert pathway.home is not None
    for dose in pathway.doses:
        assert (dose.modality, dose.location_kind) == ("virtual", "virtual")
        assert {stage.monitor_ratio for stage in dose.stages} == {1}
        assert set(dose.needs_clearance) > set(clinic.doses[0].needs_clearance)
    assert {"sitter"} <= {instruction.id for instruction in pathway.instructions}
    assert {"N-17", "N-18"} <= {reminder.id for reminder in pathway.reminders}


def test_each_partner_is_dosed_alone_and_the_couple_meets_afterwards() -> None:
    pathway = BY_ID["couples-ketamine-im"]
    assert pathway.couples is not None
    assert pathway.couples.conjoint is False
    assert not any(dose.with_partner for dose in pathway.doses)
    joint = [pathway.activity(name) for name in pathway.couples.joint]
    anchors = [session.after.activity for session in joint if session.after]
    assert anchors == [dose.id for dose in pathway.doses]
    assert all(session.with_partner for session in joint)


def test_medication_visits_are_their_own_kind_of_appointment() -> None:
    pathway = BY_ID["dual-diagnosis-ketamine-iv"]
    (mat,) = pathway.with_purpose("mat")
    assert mat.min_days_between == 26
    assert not mat.no_driving
    assert "craving" in {measure.id for measure in pathway.measures}
    (use,) = [c for c in pathway.clearances if c.id == "substance-use"]
    assert use.given_by == ("addiction clinician",)


def test_written_exposure_lies_between_and_after_the_last_two_infusions() -> None:
    pathway = BY_ID["ptsd-ketamine-iv"]
    (exposure,) = pathway.with_purpose("exposure")
    assert sum(exposure.per_week(week) for week in exposure.scheduled_weeks) == 5
    assert exposure.spaced_with == "later-infusion"
    (trauma,) = [m for m in pathway.measures if m.id == "PCL-5"]
    assert trauma.every_days == 7


def test_symptoms_of_trauma_are_asked_about_monthly_elsewhere() -> None:
    for pathway in ALL:
        (trauma,) = [m for m in pathway.measures if m.id == "PCL-5"]
        assert trauma.every_days == (7 if pathway.track == "trauma" else 28)


# The continuum of care


def test_the_step_down_runs_through_four_levels() -> None:
    pathway = BY_ID["step-down-esketamine"]
    ladder = [block.level for block in pathway.levels]
    assert ladder == ["php", "iop", "virtual-iop", "outpatient"]
    for above, below in pairwise(ladder):
        assert below in levels()[above].down
        assert above in levels()[below].up


def test_detox_and_residential_hold_no_dose_but_stand_in_the_continuum() -> None:
    assert [name for name, level in levels().items() if not level.holds_doses] == [
        "detox",
        "residential",
    ]


def test_every_way_down_has_its_way_up() -> None:
    known = levels()
    order = list(known)
    for name, level in known.items():
        for below in level.down:
            assert name in known[below].up
            assert order.index(below) > order.index(name)


# The contract's part


@every_pathway
def test_the_planner_gets_the_contracts_part_under_the_librarys_id(pathway: LibraryPathway) -> None:
    planned = pathway.pathway
    assert (planned.id, planned.title, planned.weeks) == (pathway.id, pathway.title, pathway.weeks)
    assert [a.id for a in planned.activities] == [a.id for a in pathway.activities]
    for activity, kept in zip(pathway.activities, planned.activities, strict=True):
        assert type(kept).__name__ == "Activity"
        assert kept.length == activity.length
        assert kept.needs_clearance == activity.needs_clearance


def test_an_activity_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError, match="party"):
        library.load("iop-esketamine-trd", VERSION).activity("party")


def test_blood_pressure_before_a_dose_is_decided_as_written() -> None:
    gate = BY_ID["iop-esketamine-trd"].blood_pressure
    decided = {
        (140, 90): "pass",
        (141, 80): "prescriber decides",
        (130, 91): "prescriber decides",
        (160, 85): "hold",
        (150, 100): "hold",
        (180, 70): "stop",
        (120, 110): "stop",
        (179, 109): "hold",
    }
    assert {pressure: gate.decision(*pressure) for pressure in decided} == decided
