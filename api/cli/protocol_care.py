"""Who may be treated, what is signed, measured and decided: a pathway's care on the screen."""

from collections.abc import Iterator

from api.cli.protocol_lines import cited, elapsed_text, together
from pathways.protocol import LibraryPathway
from pathways.protocol.care import ClearanceKind, Measure, Score, ScreeningItem
from pathways.protocol.course import Evaluation


def screening_lines(pathway: LibraryPathway) -> Iterator[str]:
    """Every question, how long the answer holds, and what a yes means."""
    clearances = {one.id: one for one in pathway.clearances}
    for item in pathway.screening:
        valid = _validity(item, clearances[item.clearance])
        yield together(f"{item.question} ({valid})", ["; ".join(_meaning(item))])


def _validity(item: ScreeningItem, clearance: ClearanceKind) -> str:
    if item.valid_days:
        return f"valid {item.valid_days} days{cited(item, 'valid_days')}"
    valid = f"valid {clearance.valid_days} days{cited(clearance, 'valid_days')}"
    return f"{valid}, as the clearance {clearance.id}"


def _meaning(item: ScreeningItem) -> Iterator[str]:
    yield f"{item.strength}{cited(item, 'strength')}"
    yield f"asked {item.asked}{cited(item, 'asked')}"
    if item.cleared_by:
        yield f"cleared by {' and '.join(item.cleared_by)}{cited(item, 'cleared_by')}"
    if item.longer_monitoring:
        source = cited(item, "longer_monitoring")
        yield f"a yes adds {item.longer_monitoring} min of monitoring{source}"


def clearance_lines(pathway: LibraryPathway) -> Iterator[str]:
    """Every permission, who gives it and how long it lasts."""
    for one in pathway.clearances:
        told = [f"{one.valid_days} days{cited(one, 'valid_days')}"]
        if one.first_dose_within_days:
            days = f"first dose within {one.first_dose_within_days} days"
            told.append(days + cited(one, "first_dose_within_days"))
        told.append(f"renewal is told {one.warn_days} days before{cited(one, 'warn_days')}")
        by = f"{' or '.join(one.given_by)}{cited(one, 'given_by')}"
        yield together(f"{one.title} ({one.id}): {by}", [", ".join(told)])


def consent_lines(pathway: LibraryPathway) -> Iterator[str]:
    """What must be signed, and the medicines that a prescriber looks at."""
    for form in pathway.consents:
        lead = f", {elapsed_text(form.lead)} before" if form.lead else ""
        yield f"{form.title}: for {form.needed_for}{lead}{cited(form, 'lead')}"
    for medicine in pathway.medicines:
        yield f"{medicine.title}: {medicine.why}; {medicine.action}{cited(medicine, 'action')}"


def evaluation_lines(pathway: LibraryPathway) -> Iterator[str]:
    """Every decision on going on, and the doses that wait for it."""
    for one in pathway.evaluations:
        by = f"by the {one.by} in {one.activity}: {', '.join(one.measures)}"
        yield together(one.title, [_decided(one), by])


def _decided(one: Evaluation) -> str:
    if one.after_dose:
        return f"after dose {one.after_dose}{cited(one, 'after_dose')}"
    first = f"day {one.from_day}{cited(one, 'from_day')} to {one.to_day}{cited(one, 'to_day')}"
    return f"{first}, before doses from day {one.gate_day} on{cited(one, 'gate_day')}"


def measure_lines(pathway: LibraryPathway) -> Iterator[str]:
    """Every questionnaire: its range, when it is due, and what its values mean."""
    for one in pathway.measures:
        span = f"{one.lowest}{cited(one, 'lowest')} to {one.highest}{cited(one, 'highest')}"
        title = f"{one.id}, {one.title}: {span}, answered by the {one.answered_by}"
        scores = (_score(score) for score in one.scores)
        yield together(title, [", ".join(_due(one)), *scores])


def _due(measure: Measure) -> Iterator[str]:
    if measure.baseline:
        yield "no first dose without it"
    if measure.baseline_within_days:
        source = cited(measure, "baseline_within_days")
        yield f"then at most {measure.baseline_within_days} days old{source}"
    if measure.within:
        source = cited(measure, "within")
        yield f"not older than {elapsed_text(measure.within)} at a dose{source}"
    if measure.every_days:
        yield f"every {measure.every_days} days{cited(measure, 'every_days')}"
    yield from measure.at


def _score(score: Score) -> str:
    limits = [
        f"{words} {value}{unit}"
        for words, value, unit in (
            ("at least", score.at_least, ""),
            ("at most", score.at_most, ""),
            ("down by", score.drop_percent, "%"),
        )
        if value is not None
    ]
    return f"{' and '.join(limits)}: {score.meaning}{cited(score, 'at_least')}"
