"""Plan the demo clinic and write ``api/demo/clinic.json.gz``: ``make demo-clinic``.

Sixty invented patients on most pathways of the library, begun at different times, planned one after
the other in the order in which they came. Everything is told from one Monday on, the anchor; who
loads it moves it by whole weeks.
"""

import gzip
import json
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from scheduler.planning.stopping import Stop
from scheduler.plans.searching import Search, search_here

TARGET = Path(__file__).parents[1] / "api/demo/clinic.json.gz"
ANCHOR = date(2027, 3, 1)
VERSION = "2026.1"
WORK, SECONDS = 25, 30.0
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAYS = DAYS[:5]

PLANTS = (
    *("Acacia", "Alder", "Amaryllis", "Anemone", "Aster", "Azalea", "Balsam", "Begonia"),
    *("Birch", "Bluebell", "Bryony", "Calla", "Camellia", "Cedar", "Clover", "Columbine"),
    *("Cosmos", "Crocus", "Cypress", "Dahlia", "Daisy", "Elder", "Fern", "Foxglove"),
    *("Freesia", "Gardenia", "Gentian", "Hawthorn", "Hazel", "Heather", "Holly", "Hyacinth"),
    *("Iris", "Ivy", "Jasmine", "Juniper", "Larkspur", "Laurel", "Lavender", "Lilac"),
    *("Linden", "Lotus", "Magnolia", "Maple", "Marigold", "Myrtle", "Olive", "Orchid"),
    *("Peony", "Poppy", "Primrose", "Rosemary", "Rowan", "Sage", "Sorrel", "Tansy"),
    *("Thyme", "Violet", "Willow", "Yarrow"),
)

MIX = (
    *(("iop-esketamine-trd", 10, 3),) * 24,
    *(("iop-ketamine-iv-2x3", 8, 3),) * 7,
    *(("iop-ketamine-im", 9, 3),) * 5,
    *(("maintenance-esketamine", 12, 0),) * 6,
    *(("iop-esketamine-dbt", 10, 3),) * 4,
    *(("viop-ketamine-iv", 8, 3),) * 4,
    *(("dual-diagnosis-ketamine-iv", 8, 3),) * 4,
    *(("ptsd-ketamine-iv", 8, 3),) * 2,
    *(("couples-ketamine-im", 9, 3),) * 4,
)
CLEARANCES = ("medical", "blood-pressure", "psychiatric", "substance-use", "treatment-consent")


def table(window: str, days: tuple[str, ...] = DAYS) -> dict[str, list[str]]:
    """The same window on each of these days."""
    return {day: [window] for day in days}


def person(
    name: str, role: str, window: str, days: tuple[str, ...], *skills: str
) -> dict[str, Any]:
    """Somebody who treats."""
    hours = table(window, days)
    return {"id": name, "roles": [role], "skills": list(skills), "hours": hours}


def people() -> list[dict[str, Any]]:
    """Birds, all of them."""
    nurses = ("heron", "wren", "stork", "plover", "tern", "curlew", "avocet")
    found = [
        person(f"nurse-{name}", "monitor", "08:00-19:00", _shift(number, 5))
        for number, name in enumerate(nurses)
    ]
    found += [
        person("dr-owl", "prescriber", "08:00-18:00", DAYS[:5], "addiction"),
        person("dr-swift", "prescriber", "09:00-19:00", _shift(2, 5), "addiction"),
        person("np-crane", "prescriber", "09:00-19:00", _shift(4, 5)),
    ]
    cbt = ("finch", "robin", "swallow", "linnet", "siskin", "pipit", "dunnock", "goldcrest")
    found += [
        person(name, "therapist", "08:00-19:00", _shift(number, 6), "cbt", "family")
        for number, name in enumerate(cbt)
    ]
    found += [
        person("nuthatch", "therapist", "08:00-19:00", DAYS, "dbt", "family"),
        person("wagtail", "therapist", "08:00-19:00", DAYS, "cbt", "couples-ketamine"),
        person("whinchat", "therapist", "08:00-19:00", DAYS, "cbt", "written-exposure", "family"),
        person("brambling", "therapist", "08:00-19:00", DAYS, "cbt", "addiction"),
    ]
    leaders = ("magpie", "jay", "rook", "jackdaw", "raven", "chough", "dipper", "oriole")
    return found + [person(name, "therapist", "08:00-20:00", DAYS, "group") for name in leaders]


def _shift(first: int, length: int) -> tuple[str, ...]:
    return tuple(DAYS[(first + n) % 7] for n in range(length))


def series(
    name: str, activity: str, room: str, leader: str, days: tuple[str, ...], start: str, end: str
) -> dict[str, Any]:
    """A group that meets on these days."""
    virtual = room == "online"
    return {
        "id": name,
        "activity": activity,
        "modality": "virtual" if virtual else "in-person",
        "capacity": 10,
        "location": room,
        "facilitator": leader,
        "weekly": [{"day": day, "start": start, "end": end} for day in days],
    }


def groups() -> list[dict[str, Any]]:
    """Mornings and evenings, on three days each."""
    mwf, tts = ("mon", "wed", "fri"), ("tue", "thu", "sat")
    return [
        series("iop-morning", "iop-group", "maple", "magpie", mwf, "09:00", "12:00"),
        series("iop-dawn", "iop-group", "maple", "jay", tts, "09:00", "12:00"),
        series("iop-evening", "iop-group", "maple", "rook", mwf, "16:30", "19:30"),
        series("iop-late", "iop-group", "oak", "jackdaw", tts, "16:30", "19:30"),
        series("iop-noon", "iop-group", "oak", "raven", mwf, "09:00", "12:00"),
        series("dbt-morning", "dbt-iop-group", "willow", "nuthatch", tts, "09:00", "12:00"),
        series("dual-morning", "dual-diagnosis-group", "willow", "chough", mwf, "09:00", "12:00"),
        series("online-morning", "viop-group", "online", "dipper", mwf, "08:30", "11:30"),
        series("online-evening", "viop-group", "online", "oriole", tts, "17:00", "20:00"),
    ]


def clinic() -> dict[str, Any]:
    """The house."""
    places: list[dict[str, Any]] = [
        {"id": f"bay-{n}", "kind": "treatment-bay", "turnover": 15} for n in range(1, 7)
    ]
    places += [{"id": f"office-{n}", "kind": "office"} for n in range(1, 9)]
    places += [
        {"id": name, "kind": "group-room", "capacity": 10} for name in ("maple", "oak", "willow")
    ]
    return {
        "id": "lantern-hill",
        "name": "Lantern Hill, a clinic that does not exist",
        "timezone": "America/New_York",
        "slot_minutes": 15,
        "hours": table("08:00-20:00"),
        "resume_driving": "06:00",
        "locations": [*places, {"id": "online", "kind": "virtual"}],
        "practitioners": people(),
        "groups": groups(),
    }


def patients() -> list[tuple[dict[str, Any], ...]]:
    """Those who are planned together, in the order in which they came."""
    made = []
    for number, (pathway, weeks, lead) in enumerate(_spread(MIX)):
        begin = ANCHOR - timedelta(weeks=weeks - 1) + timedelta(weeks=number * (weeks + 1) // 60)
        begin = min(begin, ANCHOR + timedelta(weeks=1))
        made.append(_patient(PLANTS[number].lower(), pathway, begin, weeks, lead))
    couples = [p for p in made if p["pathway"].startswith("couples")]
    for one, other in zip(couples[::2], couples[1::2], strict=True):
        one["partner"], other["partner"] = other["id"], one["id"]
        other["start"], other["clearances"] = one["start"], one["clearances"]
        other["authorizations"] = one["authorizations"]
    singles = [(p,) for p in made if p not in couples]
    pairs = list(zip(couples[::2], couples[1::2], strict=True))
    return sorted([*singles, *pairs], key=lambda together: str(together[0]["start"]))


def _spread(mix: tuple[tuple[str, int, int], ...]) -> list[tuple[str, int, int]]:
    """Everybody of the mix, each pathway spread over the whole time."""
    counts: dict[str, int] = {}
    keyed = []
    for entry in mix:
        counts[entry[0]] = counts.get(entry[0], 0) + 1
        total = sum(other[0] == entry[0] for other in mix)
        keyed.append(((counts[entry[0]] - 0.5) / total, entry[0], entry))
    return [entry for _, _, entry in sorted(keyed)]


def _patient(name: str, pathway: str, begin: date, weeks: int, lead: int) -> dict[str, Any]:
    end = begin + timedelta(weeks=weeks + 2)
    kinds = [*CLEARANCES, "pregnancy-test"]
    if "esketamine" in pathway:
        kinds.append("rems-enrolment")
    if pathway.startswith("maintenance"):
        kinds.append("induction-evaluation")
    permitted = {"from": (begin - timedelta(days=7)).isoformat(), "to": end.isoformat()}
    approved = {"from": begin.isoformat(), "to": end.isoformat()}
    services = [{"service": "iop", "units": 40, **approved}] if lead else []
    if "esketamine" in pathway:
        services.append({"service": "esketamine", "units": 14, **approved})
    found: dict[str, Any] = {
        "id": name,
        "pathway": pathway,
        "start": begin.isoformat(),
        "available": table("08:00-20:00"),
        "clearances": [{"kind": kind, **permitted} for kind in kinds],
        "authorizations": services,
    }
    if pathway.startswith("maintenance"):
        found["history"] = [_past_dose(begin - timedelta(days=9))]
    return found


def _past_dose(day: date) -> dict[str, str]:
    return {
        "activity": "dose",
        "start": f"{day}T13:00:00-05:00",
        "end": f"{day}T15:55:00-05:00",
    }


def main() -> None:
    """Plan everybody and write the file."""
    scenario: dict[str, Any] = {
        "format": "care-scenario/1",
        "clinic": clinic(),
        "pathways": [
            {"library": name, "version": VERSION} for name in dict.fromkeys(m[0] for m in MIX)
        ],
        "patients": [],
        "booked": [],
    }
    left = 0
    for together in patients():
        scenario["patients"] += together
        names = tuple(patient["id"] for patient in together)
        found = search_here(Search("plan", scenario, patients=names), Stop(SECONDS, WORK))
        plan = found.plans[0]
        mine = [a for a in plan["appointments"] if set(a["patients"]) & set(names)]
        scenario["booked"] += [{**a, "locked": False} for a in mine]
        missing = [u for u in plan["unplaced"] if u["patient"] in names]
        left += len(missing)
        say = f"{len(scenario['patients'])} {names} {len(mine)} booked, {len(missing)} not\n"
        sys.stdout.write(say + "".join(f"   {fault}\n" for fault in found.refusals))
        sys.stdout.flush()
    text = json.dumps(scenario, separators=(",", ":"), sort_keys=True).encode()
    TARGET.write_bytes(gzip.compress(text, mtime=0))
    sys.stdout.write(f"{len(scenario['booked'])} appointments, {left} without a time\n")


if __name__ == "__main__":
    main()
