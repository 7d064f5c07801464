"""The alarm clock: it wakes up and looks into the database; no job carries anything of a patient.

APScheduler is the clock and nothing else: jobs in memory, at intervals in UTC, never two of the
same at once, and one that is late is done, not dropped. Any number of processes may run it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from apscheduler.executors.pool import (  # type: ignore[import-untyped]  # it has no types
    ThreadPoolExecutor,
)
from apscheduler.schedulers.background import (  # type: ignore[import-untyped]  # it has no types
    BackgroundScheduler,
)
from sqlmodel import Session, select

from scheduler.appointments.making import expire_holds
from scheduler.audit_seal import seal
from scheduler.care.sweeping import sweep, watch_rides
from scheduler.care.worklist import escalate
from scheduler.clock import Clock, now
from scheduler.forgetting import forget
from scheduler.reminders import keeping
from scheduler.reminders.channels.choosing import channels_of
from scheduler.reminders.dispatching import Dispatcher
from scheduler.reminders.links import Links
from scheduler.reminders.overdue import call_for_overdue
from scheduler.sessions.watching import watch
from scheduler.settings import Settings
from scheduler.store.session import Store
from scheduler.store.tables import Clinic

_log = structlog.get_logger()
# One that is still at work when its time comes is not started twice, and that is no news.
logging.getLogger("apscheduler").setLevel(logging.ERROR)
_SECOND, _MINUTE, _HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True)
class Machine:
    """What a job works with."""

    store: Store
    settings: Settings
    clock: Clock
    dispatcher: Dispatcher


@dataclass(frozen=True)
class Job:
    """Something to be looked after every so often; its name is how logs call it."""

    name: str
    every: timedelta
    does: Callable[[Machine], object]


def dispatch(machine: Machine) -> None:
    """Send what is due."""
    machine.dispatcher.run()


def for_every_clinic(does: Callable[[Session, str, datetime], object]) -> Callable[[Machine], None]:
    """A job that does something for each clinic, each in a unit of work of its own."""

    def job(machine: Machine) -> None:
        with machine.store.reading() as session:
            clinics = list(session.exec(select(Clinic.id)))
        for clinic_id in clinics:
            with machine.store.writing() as session:
                does(session, clinic_id, machine.clock())

    return job


def resolve_again(machine: Machine) -> None:
    """Bring every message to what plans, zones and texts say now, such as after an update.

    One course in each unit of work: it holds its patient, who must not wait for all the others.
    """
    with machine.store.reading() as session:
        clinics = list(session.exec(select(Clinic.id)))
        courses = [(name, keeping.current_enrolments(session, name)) for name in clinics]
    for clinic_id, enrolments in courses:
        for enrolment in enrolments:
            with machine.store.writing() as session:
                at = machine.clock()
                keeping.refresh_all(session, clinic_id, now=at, enrolment_ids=[enrolment])


JOBS: list[Job] = [
    Job("dispatch", _SECOND, dispatch),
    Job("watch-sessions", timedelta(seconds=30), for_every_clinic(watch)),
    Job("expire-holds", _MINUTE, for_every_clinic(expire_holds)),
    Job("escalate", _MINUTE, for_every_clinic(escalate)),
    Job("call-for-overdue", _MINUTE, for_every_clinic(call_for_overdue)),
    Job("watch-rides", _MINUTE, for_every_clinic(watch_rides)),
    Job("sweep", _HOUR, for_every_clinic(sweep)),
    Job("seal-the-record", _HOUR, for_every_clinic(seal)),
    Job("resolve-again", 24 * _HOUR, resolve_again),
    Job("forget", 24 * _HOUR, for_every_clinic(forget)),
]
"""Every job; a module that has something to look after adds its own before the clock starts."""


def start(
    store: Store, settings: Settings, clock: Clock, *, jobs: list[Job] | None = None
) -> BackgroundScheduler:
    """Start the clock in the background; whoever has started it calls ``shutdown`` on it."""
    machine = machine_of(store, settings, clock)
    chosen = JOBS if jobs is None else jobs
    ticker = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(max(len(chosen), 1))},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    for job in chosen:
        ticker.add_job(
            partial(_done, job, machine),
            "interval",
            seconds=job.every.total_seconds(),
            id=job.name,
            next_run_time=_first_time(job, now()),
        )
    ticker.start()
    return ticker


def machine_of(store: Store, settings: Settings, clock: Clock) -> Machine:
    """What jobs work with, in this installation."""
    links = Links(settings.own_url, settings.secrets.signing_key)
    dispatcher = Dispatcher(store, channels_of(settings, clock), links, clock)
    return Machine(store, settings, clock, dispatcher)


def _first_time(job: Job, begin: datetime) -> datetime:
    """At once, but for what is done once an hour or a day: that waits, to let the rest begin."""
    return begin + (_MINUTE if job.every >= _HOUR else timedelta())


def _done(job: Job, machine: Machine) -> None:
    """Do a job; one that fails is told in the log and done again when its time comes."""
    try:
        job.does(machine)
    except Exception as problem:  # noqa: BLE001  (the clock goes on, whatever one job meets)
        _log.error("job", job=job.name, error=type(problem).__name__)
