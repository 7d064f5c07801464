"""Every table, one module for each part of the clinic's work.

``clinic_id`` stands first in every key: a clinic never sees another's rows. A table does not
validate what it is given; whatever comes from outside passes a record of its own first.
"""

from sqlmodel import SQLModel

from scheduler.store.tables.audit import AuditEntry, AuditHead, Change, IdempotentAnswer
from scheduler.store.tables.bookings import (
    Appointment,
    AppointmentPatient,
    ClinicDay,
    Gate,
    LedgerSlot,
    PlanVersion,
)
from scheduler.store.tables.care import (
    AdverseEvent,
    Answer,
    Authorization,
    Clearance,
    Consent,
    Coverage,
    CoverageChange,
    PatientNote,
    PrivatePay,
    Screening,
)
from scheduler.store.tables.clinic import (
    Absence,
    Clinic,
    ClinicPathway,
    Closure,
    GroupSeries,
    HouseMark,
    Location,
    OnDuty,
    Practitioner,
)
from scheduler.store.tables.patients import ContactPoint, Enrolment, Patient, RideContact
from scheduler.store.tables.people import (
    Account,
    ApiToken,
    CalendarFeed,
    OneTimeCode,
    OneTimeLink,
    SignIn,
    SignInTry,
)
from scheduler.store.tables.reminders import InboundMessage, MessageConsent, Reminder
from scheduler.store.tables.sessions import SessionEvent
from scheduler.store.tables.work import Override, Run, Task

__all__ = [
    "Absence",
    "Account",
    "AdverseEvent",
    "Answer",
    "ApiToken",
    "Appointment",
    "AppointmentPatient",
    "AuditEntry",
    "AuditHead",
    "Authorization",
    "CalendarFeed",
    "Change",
    "Clearance",
    "Clinic",
    "ClinicDay",
    "ClinicPathway",
    "Closure",
    "Consent",
    "ContactPoint",
    "Coverage",
    "CoverageChange",
    "Enrolment",
    "Gate",
    "GroupSeries",
    "HouseMark",
    "IdempotentAnswer",
    "InboundMessage",
    "LedgerSlot",
    "Location",
    "MessageConsent",
    "OnDuty",
    "OneTimeCode",
    "OneTimeLink",
    "Override",
    "Patient",
    "PatientNote",
    "PlanVersion",
    "Practitioner",
    "PrivatePay",
    "Reminder",
    "RideContact",
    "Run",
    "SQLModel",
    "Screening",
    "SessionEvent",
    "SignIn",
    "SignInTry",
    "Task",
]
