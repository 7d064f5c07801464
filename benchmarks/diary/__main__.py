"""Live through eight weeks with 300 invented patients, and print what they were sent.

    python -m benchmarks.diary [--patients N] [--seed N] [--weeks N] [--of CLINIC PATIENT]

Their clinics are copies of the demo clinic, on SQLite, with a clock that runs ahead. People come,
stay away, answer, stop messages and move; the service for text messages fails in every way, the
worker dies, and for hours nothing runs at all. Printed are the totals, what must not have happened,
and two diaries, one in English and one in Spanish, in order as messages came.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from sqlmodel import col, select

from benchmarks.diary.counting import FAULTS, Totals, count
from benchmarks.diary.living import Life
from benchmarks.diary.people import BEGIN, WEEKS, open_clinics
from benchmarks.diary.reading import Diary
from scheduler.store import migrating, vault
from scheduler.store.session import Store
from scheduler.store.tables import Enrolment, MessageConsent, Patient


def main(arguments: list[str]) -> int:
    """Live and print; the exit code says whether anything happened that must not."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.diary",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--patients", type=int, default=300)
    parser.add_argument("--weeks", type=int, default=WEEKS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--of", action="append", nargs=2, metavar=("CLINIC", "PATIENT"), help="whose diary"
    )
    asked = parser.parse_args(arguments)
    vault.install(vault.Vault(vault.new_key()))
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{Path(folder) / 'diary.sqlite'}")
        migrating.upgrade(store)
        used = time.process_time()
        life, diaries = lived(
            store, asked.patients, asked.seed, timedelta(weeks=asked.weeks), asked.of
        )
        with store.reading() as session:
            totals = count(session, life)
            for diary in diaries:
                sys.stdout.write(f"\nThe diary of {diary.patient_id} in {diary.clinic_id}\n")
                sys.stdout.writelines(f"{line}\n" for line in diary.lines(session, life))
        sys.stdout.writelines(f"{line}\n" for line in told(totals, life))
        sys.stdout.write(f"{time.process_time() - used:.0f} seconds of our processor\n")
        store.close()
    return int(bool(totals.faults))


def lived(
    store: Store,
    patients: int,
    seed: int,
    lasts: timedelta,
    of: Sequence[tuple[str, str]] | None = None,
) -> tuple[Life, list[Diary]]:
    """Live through the weeks; what there is to read then."""
    chance = random.Random(seed)  # noqa: S311  (dice, no secrets)
    open_clinics(store, patients, chance)
    life = Life(store, chance)
    diaries = [Diary(*who) for who in of or chosen(store)]
    life.live(BEGIN + lasts, lambda: look(diaries, life))
    return life, diaries


def look(diaries: Sequence[Diary], life: Life) -> None:
    """Write every diary on."""
    for diary in diaries:
        diary.look(life)


def chosen(store: Store) -> list[tuple[str, str]]:
    """Somebody who begins in these weeks, in each language; best one who takes more messages."""
    found: list[tuple[str, str]] = []
    with store.reading() as session:
        for language in ("en", "es"):
            asked = (
                select(Patient.clinic_id, Patient.id)
                .join(Enrolment, col(Enrolment.patient_id) == Patient.id)
                .join(MessageConsent, col(MessageConsent.patient_id) == Patient.id)
                .where(
                    Enrolment.clinic_id == Patient.clinic_id,
                    MessageConsent.clinic_id == Patient.clinic_id,
                    MessageConsent.channel == "sms",
                    Patient.language == language,
                )
                .order_by(
                    (col(Enrolment.start) < BEGIN.date()),
                    col(MessageConsent.caps),
                    col(Enrolment.start),
                    Patient.id,
                )
            )
            found += session.exec(asked).all()[:1]
    return found


def told(totals: Totals, life: Life) -> Iterator[str]:
    """The totals as lines."""
    yield f"\n{totals.patients} patients, {totals.planned} messages planned and due"
    for name, counted in (
        ("what became of them", totals.states),
        ("why those that leave the house did not go", totals.reasons),
        ("carried", totals.carried),
        ("tasks", totals.tasks),
    ):
        yield f"{name}:"
        yield from (f"  {number:7} {what}" for what, number in counted.most_common())
    yield f"answers: {len(life.replies)}"
    yield f"workers that died: {life.deaths}"
    yield f"safety notes that went twice: {totals.notes_twice}"
    yield from (f"{name}: {totals.faults[name]}" for name in FAULTS)
    yield from (f"  {example}" for example in totals.examples)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
