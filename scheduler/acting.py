"""Who does something: the person and their roles, or the machine itself."""

from dataclasses import dataclass, field
from uuid import UUID

ROLES = (
    "admin",
    "coordinator",
    "therapist",
    "nurse",
    "charge nurse",
    "prescriber",
    "addiction clinician",
    "billing lead",
    "programme director",
    "clinical director",
    "privacy officer",
    "authorised representative",
    "patient",
)
"""Every role that somebody may have; ``patient`` reaches only themselves."""

STAFF = frozenset(ROLES) - {"patient"}
CLINICIANS = frozenset({"therapist", "nurse", "charge nurse", "prescriber", "addiction clinician"})


@dataclass(frozen=True)
class Actor:
    """Who acts, in which clinic, with which roles; ``name`` is for the record of machines."""

    clinic_id: str
    account_id: UUID | None = None
    roles: frozenset[str] = frozenset()
    patient_id: str | None = None
    practitioner_id: str | None = None
    name: str = ""
    request_id: str = ""
    route: str = ""
    language: str = field(default="en", compare=False)

    @property
    def is_patient(self) -> bool:
        """Whether they reach nothing but their own."""
        return "patient" in self.roles and not self.roles & STAFF

    def may_see(self, patient_id: str | None) -> bool:
        """Whether a patient's things are theirs to see."""
        return not self.is_patient or patient_id == self.patient_id


def machine(clinic_id: str, name: str) -> Actor:
    """The machine acting for a clinic by itself, such as the alarm clock."""
    return Actor(clinic_id=clinic_id, name=name)
