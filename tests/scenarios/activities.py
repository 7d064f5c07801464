"""Pathways: doses, what comes after them, therapy, groups, and every rule between them."""

from tests.scenarios.clinics import SKILLS
from tests.scenarios.dice import Document
from tests.scenarios.hours import Frame

CLEARANCES = ("blood-pressure", "psychiatric")
SERVICES = ("ketamine", "therapy")


def pathway(frame: Frame, number: int) -> Document:
    """A pathway whose activities may refer to one another in every way."""
    dice = frame.dice
    document: Document = {
        "id": f"pathway-{number}",
        "title": "A random pathway",
        "weeks": frame.weeks,
        "activities": [],
    }
    makers = [_dose, _after, _talk, _group, _talk, _after]
    wanted = dice.within(dice.size.activities)
    activities: list[Document] = document["activities"]
    activities.append(dice.pick([_dose, _dose, _talk, _group])(frame, activities))
    while len(activities) < wanted:
        activities.append(dice.pick(makers)(frame, activities))
    for activity in activities:
        _relate(frame, activity, activities)
    _make_families(frame, activities)
    return document


def _schedule(frame: Frame, most: int) -> list[Document]:
    """Weeks in one block or two, in any order; now and then a gap between them."""
    dice, weeks = frame.dice, frame.weeks
    per_week = dice.between(1, most)
    if weeks == 1 or dice.chance(0.6):
        first = dice.between(1, weeks) if dice.frill else 1
        return [{"weeks": f"{first}-{weeks}", "per_week": per_week}]
    blocks = [
        {"weeks": "1-1", "per_week": per_week},
        {"weeks": f"{weeks}-{weeks}", "per_week": dice.between(1, most)},
    ]
    return blocks if dice.chance(0.5) else blocks[::-1]


def _minutes(frame: Frame) -> int:
    """A length; not always a multiple of the grid."""
    return frame.dice.pick([frame.slot, 2 * frame.slot, 30, 60, 45 if frame.dice.frill else 60])


def _named(kind: str, activities: list[Document]) -> str:
    return f"{kind}-{len(activities)}"


def _dose(frame: Frame, activities: list[Document]) -> Document:
    dice = frame.dice
    stages: list[Document] = []
    for number in range(dice.between(1, 3)):
        stage: Document = {"id": f"stage-{number}", "minutes": dice.pick([30, frame.slot, 20])}
        if dice.chance(0.8):
            stage["monitor_ratio"] = dice.between(1, 3)
        if dice.chance(0.4):
            stage["prescriber_on_site"] = True
        stages.append(stage)
    document: Document = {
        "id": _named("dose", activities),
        "kind": "session",
        "title": "Dose",
        "modality": "in-person",
        "stages": stages,
        "needs": [{"location": "treatment-bay"}],
        "schedule": _schedule(frame, 2),
        "rest_of_day": dice.chance(0.7),
        "no_driving": dice.chance(0.8),
    }
    if dice.chance(0.6):
        document["min_days_between"] = dice.between(1, 3)
    if dice.frill:
        document["needs_authorization"] = SERVICES[0]
    if dice.frill:
        document["needs_clearance"] = dice.some(CLEARANCES, 1)
    if dice.chance(0.1):
        document["needs"].append({"role": "prescriber"})
    return document


def _talk(frame: Frame, activities: list[Document]) -> Document:
    dice = frame.dice
    document: Document = {
        "id": _named("talk", activities),
        "kind": "session",
        "title": "Therapy",
        "modality": dice.pick(["in-person", "virtual"]),
        "minutes": _minutes(frame),
        "needs": _needs(frame),
        "schedule": _schedule(frame, 2 if dice.frill else 1),
    }
    if dice.frill:
        document["needs_authorization"] = dice.pick(SERVICES)
    if dice.frill:
        document["min_days_between"] = dice.between(1, 3)
    return document


def _needs(frame: Frame) -> list[Document]:
    """A place, a person, both, two people or nothing, in any order."""
    dice = frame.dice
    place = {"location": dice.pick(["office", "office", "virtual", "treatment-bay"])}
    person: Document = {"role": dice.pick(["therapist", "therapist", "prescriber"])}
    if person["role"] == "therapist" and dice.chance(0.4):
        person["skill"] = dice.pick(SKILLS)
    if dice.chance(0.4):
        person["same_person"] = dice.pick(["preferred", "required"])
    second = {"role": dice.pick(["monitor", "therapist"])}
    return dice.pick(
        [[place, person], [place, person], [person, place], [place], [person], []]
        + ([[place, second, person]] if dice.frill else [])
    )


def _group(frame: Frame, activities: list[Document]) -> Document:
    dice = frame.dice
    document: Document = {
        "id": _named("group", activities),
        "kind": "group",
        "title": "Group therapy",
        "modality": dice.pick(["in-person", "virtual"]),
        "schedule": [{"weeks": f"1-{frame.weeks}", "per_week": dice.between(1, 2)}],
    }
    if dice.frill:
        document["needs_authorization"] = SERVICES[1]
    return document


LAGS = (
    ("PT0S", "PT0S", "PT48H"),
    ("PT1H", "PT2H", "PT6H"),
    ("PT16H", "PT24H", "PT72H"),
    ("PT18H", "PT24H", "P2D"),
    ("P1D", "P3D", "P5D"),
    ("PT20H", "PT21H30M", "PT22H"),
    ("P2D", "P4D", "P9D"),
)


def _after(frame: Frame, activities: list[Document]) -> Document:
    dice = frame.dice
    anchor = dice.pick(activities)
    lag = dict(zip(("min", "ideal", "max"), dice.pick(LAGS), strict=True))
    document = _talk(frame, activities)
    document["id"] = _named("after", activities)
    del document["schedule"]
    document["after"] = {"activity": anchor["id"], "lag": lag}
    return document


def _relate(frame: Frame, activity: Document, activities: list[Document]) -> None:
    """Rules of a session that speak of its neighbours or of other activities."""
    dice = frame.dice
    if activity["kind"] == "group":
        return
    if dice.frill and "after" not in activity:
        activity["max_in_days"] = {"days": dice.between(2, 8), "count": dice.between(1, 2)}
    others = [other["id"] for other in activities if other is not activity]
    if dice.frill and others:
        named = {"activity": dice.pick(others), "occurrence": dice.between(1, 2)}
        activity["preceded_by"] = [named]
    if dice.frill and others and ("min_days_between" in activity or "max_in_days" in activity):
        activity["spaced_with"] = dice.pick(others)
    if dice.frill:
        activity["gap_before"] = dice.pick([10, 30, 60])
    if dice.chance(0.1) and "stages" not in activity:
        activity["rest_of_day"] = True


def _make_families(frame: Frame, activities: list[Document]) -> None:
    """Let some activities name another one's person, where role and mode agree."""
    for number, activity in enumerate(activities):
        for root in activities[:number]:
            faces = _face(root), _face(activity)
            alike = faces[0] is not None and faces[0] == faces[1]
            if alike and "same_person_as" not in root and frame.dice.chance(0.7):
                activity["same_person_as"] = root["id"]


def _face(activity: Document) -> tuple[str, str] | None:
    for need in activity.get("needs", ()):
        if "same_person" in need:
            return need["role"], need["same_person"]
    return None


def make_joint(frame: Frame, pathways: list[Document]) -> None:
    """Turn some therapy into sessions of both partners, the same in every pathway or not."""
    for activity in [found for pathway in pathways for found in pathway["activities"]]:
        if activity["kind"] == "session" and "stages" not in activity and frame.dice.chance(0.4):
            activity["with_partner"] = True
