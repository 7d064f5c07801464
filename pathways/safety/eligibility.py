"""Who may be dosed where: levels of care, stabilised use, medication alongside."""

from collections.abc import Iterator

from pathways.levels import levels
from pathways.protocol import LibraryPathway
from pathways.safety.rule import Finding, Strength, pathway_rule

STABILISED = "substance-use"
MEDICATION_BUFFER = 60  # house: minutes between a medication visit and a dose


@pathway_rule(
    "R-06",
    Strength.GATE,
    override=("prescriber", "addiction clinician"),
    sources=("SEED", "OUD-77706", "KARE-EU"),
)
def doses_stay_on_levels_that_may_hold_them(pathway: LibraryPathway) -> Iterator[Finding]:
    """Detox and residential levels hold no outpatient dose."""
    for week in sorted(set(pathway.dose_weeks)):
        level = levels()[pathway.level_in(week)]
        if not level.holds_doses:
            says = f"week {week} has a dose on the level {level.title!r}, which holds none"
            yield Finding("levels", says, "move the dose to a week of PHP, IOP or outpatient care")


@pathway_rule(
    "R-06",
    Strength.GATE,
    override=("prescriber", "addiction clinician"),
    sources=("SEED", "OUD-77706", "KARE-EU"),
)
def every_dose_waits_for_stabilised_use(pathway: LibraryPathway) -> Iterator[Finding]:
    """No dose while substance use is active and not stabilised."""
    for dose in pathway.doses:
        if STABILISED not in dose.needs_clearance:
            place = f"{pathway.place_of(dose)}.needs_clearance"
            says = "nobody has to say that substance use is stabilised"
            yield Finding(place, says, f"add {STABILISED!r}")


@pathway_rule(
    "R-10", Strength.SOFT, override=("prescriber",), sources=("SEED", "MONTREAL-F", "house")
)
def medication_visits_keep_clear_of_doses(pathway: LibraryPathway) -> Iterator[Finding]:
    """Where MAT runs alongside, its visits end at least an hour before a dose visit begins."""
    if not pathway.with_purpose("mat"):
        return
    for dose in pathway.doses:
        if dose.gap_before < MEDICATION_BUFFER:
            place = f"{pathway.place_of(dose)}.gap_before"
            says = f"{dose.gap_before} minutes after a medication visit"
            yield Finding(place, says, f"write at least {MEDICATION_BUFFER}")
