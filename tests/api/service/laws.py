"""What no order of steps may break: bookings, the work-list, plans, the record.

Each law looks at plain rows with arithmetic of its own, and says in words what it finds broken. The
numbers are those of the list in the docstring of the test.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import combinations, pairwise
from typing import Final

from pathways import library
from scheduler.acting import STAFF
from tests.api.service.rows import STANDING, Row, Step, local_day
from tests.factories import dose as own_dose

GRAPH: Final = {
    "pending": {"booked", "cancelled", "entered-in-error"},
    "booked": {"arrived", "noshow", "cancelled", "entered-in-error"},
    "arrived": {"checked-in", "noshow", "cancelled", "entered-in-error"},
    "checked-in": {"fulfilled", "noshow", "cancelled", "entered-in-error"},
    "fulfilled": {"entered-in-error"},
    "noshow": {"entered-in-error"},
    "cancelled": {"entered-in-error"},
    "entered-in-error": set(),
}
PROTOCOL: Final = library.load("iop-esketamine-trd", "2026.1")
DAYS_BETWEEN: Final = {a.id: a.min_days_between or 0 for a in PROTOCOL.activities} | {"dose": 2}
OPEN: Final = ("requested", "accepted", "in-progress", "on-hold")


def nothing_is_taken_twice(step: Step) -> Iterator[str]:
    """1, 2, 3, 4, 9: no bay, person or patient is in two places, half-open, told overruns apart."""
    for one, other in combinations(step.standing, 2):
        if one["start"] < other["end"] and other["start"] < one["end"]:
            shared = set(_taken(step, one)) & set(_taken(step, other))
            if one["series_id"] and one["series_id"] == other["series_id"]:
                shared &= {*step.after.patients_of(one), *step.after.patients_of(other)}
            if shared and not step.after.told(one, other):
                yield f"{one['code']} and {other['code']} both have {sorted(shared)}"


def _taken(step: Step, row: Row) -> list[str]:
    place = [row["location_id"]] if row["location_id"] not in (None, "video") else []
    return [*step.after.patients_of(row), *place, *row["practitioners"]]


def nobody_watches_more_than_they_can(step: Step) -> Iterator[str]:
    """2: whoever monitors gives each patient their share, and has no more than one whole."""
    shares: dict[str, list[tuple[str, str, float, Row]]] = defaultdict(list)
    for row in step.standing:
        for stage in row["stages"]:
            ratio = _ratio(row["activity"], stage["id"])
            if stage.get("practitioner") and ratio:
                shares[stage["practitioner"]].append((stage["start"], stage["end"], 1 / ratio, row))
    for person, parts in shares.items():
        for begin in {part[0] for part in parts}:
            at_once = [p for p in parts if _instant(p[0]) <= _instant(begin) < _instant(p[1])]
            total = sum(part[2] for part in at_once)
            if total > 1.001 and not step.after.told(*(part[3] for part in at_once)):
                yield f"{person} watches {total:.2f} at {begin}"


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _ratio(activity: str, stage: str) -> int:
    own = {one["id"]: one["monitor_ratio"] for one in own_dose()["stages"]}
    known = next((a for a in PROTOCOL.activities if a.id == activity), None)
    ratios = {s.id: s.monitor_ratio or 0 for s in known.stages} if known else {}
    return ratios.get(stage) or own.get(stage, 0)


def every_status_came_by_the_graph(step: Step) -> Iterator[str]:
    """10: a status only goes where the graph leads; nothing that has ended comes back."""
    for old, new in step.changed("appointment"):
        if not new:
            yield f"{old['code']} is gone"
        elif new["status"] != old["status"] and new["status"] not in _reachable(old["status"]):
            yield f"{old['code']} went from {old['status']} to {new['status']}"
    for row in step.new("appointment"):
        if row["status"] not in ("pending", "booked"):
            yield f"{row['code']} began as {row['status']}"


def _reachable(status: str) -> set[str]:
    found, waiting = set[str](), [status]
    while waiting:
        fresh = GRAPH[waiting.pop()] - found
        found |= fresh
        waiting += fresh
    return found


def versions_rise_with_what_they_count(step: Step) -> Iterator[str]:
    """11: whoever has read an appointment can tell that it has changed since."""
    for old, new in step.changed("appointment"):
        moved = any(
            old[name] != new.get(name) for name in ("status", "start", "end", "location_id")
        )
        if new and (new["version"] < old["version"] or new["sequence"] < old["sequence"]):
            yield f"{old['code']} went back to version {new['version']}"
        if new and moved and new["version"] == old["version"]:
            yield f"{old['code']} changed without a new version"


def the_ledger_is_what_stands(step: Step) -> Iterator[str]:
    """1, 9: five minutes by five minutes what the standing have taken, and not a slot more."""
    wanted: Counter[tuple[str, int]] = Counter()
    for row in step.after.tables["appointment"]:
        for name, first, stop, load, _ in row["taken"] if row["status"] in STANDING else ():
            wanted.update({(name, slot): load for slot in range(first, stop)})
    found = {(r["resource"], r["slot"]): r["load"] for r in step.after.tables["ledger_slot"]}
    if found != dict(wanted):
        yield f"the ledger differs at {sorted(found.items() ^ wanted.items())[:4]}"
    for row in step.after.tables["ledger_slot"]:
        if not 0 < row["load"] <= row["capacity"]:
            yield f"{row['resource']} is promised {row['load']} of {row['capacity']}"


def whoever_stands_has_taken_all_of_it(step: Step) -> Iterator[str]:
    """1, 3, 4: from the first minute to the last, rounded outward to five."""
    for row in step.standing:
        first, stop = row["start"].timestamp() // 300, -(-row["end"].timestamp() // 300)
        needed = [f"patient:{name}" for name in step.after.patients_of(row)]
        if row["location_id"] not in (None, "video"):
            needed.append(f"location:{row['location_id']}")
        for name in needed:
            held = {n for taken in row["taken"] if taken[0] == name for n in range(*taken[1:3])}
            if not held >= set(range(int(first), int(stop))) and not step.after.told(row):
                yield f"{row['code']} has not taken all of {name}"


def one_occurrence_stands_once(step: Step) -> Iterator[str]:
    """5, 12: nothing that a patient needs once is booked twice."""
    keys = [(row["enrolment_id"], row["activity"], row["occurrence"]) for row in step.standing]
    counted = Counter(keys)
    yield from (f"{key} stands {times} times" for key, times in counted.items() if times > 1)


def what_a_fact_breaks_is_on_the_list(step: Step) -> Iterator[str]:
    """13, 14: each appointment that an absence or a closure hits has a task of its own.

    What is only held is none: it is judged again when it is confirmed.
    """
    for row in step.standing:
        if row["status"] not in ("booked", "arrived") or row["end"] <= step.now:
            continue
        day = local_day(row["start"])
        people = {*row["practitioners"], *(s.get("practitioner") for s in row["stages"])}
        hit = [
            away
            for away in step.new("absence")
            if away["practitioner_id"] in people and away["first"] <= day <= away["last"]
        ]
        closed = any(one["day"] == day for one in _new_closures(step))
        if (hit or closed) and not step.after.told(row):
            yield f"{row['code']} is hit, and nobody is told"


def _new_closures(step: Step) -> list[Row]:
    known = {row["day"] for row in step.before.tables["closure"]}
    return [row for row in step.after.tables["closure"] if row["day"] not in known]


def whatever_is_open_has_an_owner_and_a_time(step: Step) -> Iterator[str]:
    """15: an owner role that somebody can have, a due time, and no task twice."""
    for task in step.after.tables["task"]:
        if task["owner_role"] not in STAFF or task["due_at"] is None:
            yield f"the task {task['kind']} is nobody's"
        if (task["status"] in OPEN) != (task["open_key"] is not None):
            yield f"the task {task['kind']} is {task['status']}, and its key says otherwise"
        if task["status"] == "completed" and not task["outcome"]:
            yield f"the task {task['kind']} was closed without an outcome"


def who_did_not_come_is_asked_again(step: Step) -> Iterator[str]:
    """16: the task to re-schedule is there in the step that writes the absence down."""
    for row in step.after.of("appointment", status="noshow"):
        tasks = step.after.of("task", kind="re-schedule", subject_id=str(row["id"]))
        if not tasks:
            yield f"{row['code']} was missed, and nobody calls"


def doses_keep_their_distance(step: Step) -> Iterator[str]:
    """23: so many dates lie between a patient's doses, and two a week at most."""
    doses: dict[str, list[Row]] = defaultdict(list)
    for row in step.standing:
        if row["is_dose"]:
            for patient in step.after.patients_of(row):
                doses[patient].append(row)
    starts = {row["id"]: row["start"] for row in step.after.tables["enrolment"]}
    for patient, rows in doses.items():
        rows.sort(key=lambda row: row["start"])
        for one, other in pairwise(rows):
            apart = (local_day(other["start"]) - local_day(one["start"])).days
            if apart < DAYS_BETWEEN[other["activity"]]:
                yield f"{patient} has doses {apart} days apart"
        weeks = Counter((local_day(r["start"]) - starts[r["enrolment_id"]]).days // 7 for r in rows)
        yield from (f"{patient} has {n} doses in a week" for n in weeks.values() if n > 2)


def partners_are_not_dosed_on_one_date(step: Step) -> Iterator[str]:
    """A couple's doses lie on different dates, for each needs the other."""
    partners = {r["id"]: r["partner_id"] for r in step.after.tables["patient"] if r["partner_id"]}
    dates = {
        (patient, local_day(row["start"]))
        for row in step.standing
        if row["is_dose"]
        for patient in step.after.patients_of(row)
    }
    both = [day for patient, day in dates if (partners.get(patient), day) in dates]
    yield from (f"both partners are dosed on {day}" for day in both)


def an_override_took_two_people(step: Step) -> Iterator[str]:
    """29: who asked is not who approved, of roles that may, with a reason; a hard rule never."""
    for row in step.after.tables["override"]:
        if not row["reason"].strip() or row["strength"] == "hard":
            yield f"{row['rule']} was set aside: {row['reason']!r}, {row['strength']}"
        if row["strength"] == "gate" and row["approved_by"] == row["requested_by"]:
            yield f"{row['rule']} was set aside by one person"
    fixed = ("rule", "about", "strength", "reason", "requested_by", "requested_at", "expires_at")
    for old, new in step.changed("override"):
        if any(old[name] != new.get(name) for name in fixed):
            yield f"the override of {old['rule']} was rewritten"


def what_was_written_stays_written(step: Step) -> Iterator[str]:
    """28: events, the record, and plans once decided on are never written anew."""
    yield from (f"event {old['kind']} was changed" for old, _ in step.changed("session_event"))
    for old, new in step.changed("audit_entry"):
        if {**old, "number": None, "seal": None} != {**new, "number": None, "seal": None}:
            yield f"the entry {old['action']} was changed"
    for old, new in step.changed("plan_version"):
        kept = ("number", "document", "changes", "question", "seed", "work", "cost")
        is_draft = old["status"] == "draft"
        for name in kept[:2] if is_draft else kept:
            if old[name] != new.get(name):
                yield f"{name} of plan {old['number']} was changed"
    for old, new in step.changed("enrolment"):
        if old["pathway_version"] != new.get("pathway_version"):
            yield f"{old['patient_id']} is on another version by itself"


def every_change_is_on_the_record(step: Step) -> Iterator[str]:
    """Whoever ends, moves or makes an appointment stands in the record, and when."""
    entries = step.new("audit_entry")
    named = {entry["subject_id"] for entry in entries}
    by_plan = any(entry["action"].startswith("plan.") for entry in entries)
    touched = [row for row, new in step.changed("appointment") if row["status"] != new["status"]]
    for row in (*touched, *step.new("appointment")):
        if str(row["id"]) not in named and not by_plan:
            yield f"what became of {row['code']} is not on the record"
    yield from (f"{e['action']} is of {e['at']}" for e in entries if e["at"] != step.now)


LAWS: Final = (
    nothing_is_taken_twice,
    the_ledger_is_what_stands,
    whoever_stands_has_taken_all_of_it,
    nobody_watches_more_than_they_can,
    every_status_came_by_the_graph,
    versions_rise_with_what_they_count,
    one_occurrence_stands_once,
    what_a_fact_breaks_is_on_the_list,
    whatever_is_open_has_an_owner_and_a_time,
    who_did_not_come_is_asked_again,
    doses_keep_their_distance,
    partners_are_not_dosed_on_one_date,
    an_override_took_two_people,
    what_was_written_stays_written,
    every_change_is_on_the_record,
)
