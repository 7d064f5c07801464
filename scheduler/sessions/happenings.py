"""What can happen in a dose session: one record for each kind of event.

``id`` is made by whoever sends the event, so that sending it twice writes it once. ``at`` is when
it happened.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from pathways.protocol.visiting import Sign

Words = Annotated[str, Field(max_length=500)]
Pressure = Annotated[int, Field(ge=20, le=350)]

AWAKE: Final = 5
"""Of the scale MOAA/S: who answers readily to their name. 0 is who does not answer to pain."""


class Part(BaseModel):
    """A record that comes from outside: frozen, and nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Happening(Part):
    """One event of a session."""

    id: UUID
    at: AwareDatetime


class RideHome(Part):
    """Who takes the patient home. Whoever drives themselves has none."""

    kind: Literal["adult", "service", "rideshare", "self"]
    name: Annotated[str, Field(max_length=120)] = ""


class Arrived(Happening):
    """The patient is here."""

    kind: Literal["arrived"] = "arrived"


class CheckIn(Happening):
    """The form of the day; None where a question has not been answered yet.

    ``suicide_risk``: the questions on suicide were answered in a way that somebody must look at.
    """

    kind: Literal["check-in"] = "check-in"
    new_illness: bool | None = None
    new_medicines: bool | None = None
    substance_use: bool | None = None
    pregnancy_possible: bool | None = None
    fasting_kept: bool | None = None
    suicide_risk: bool | None = None
    ride: RideHome | None = None


class Vitals(Happening):
    """Vital signs, as far as they were taken; pressures in mmHg, sedation on MOAA/S, 0 to AWAKE."""

    kind: Literal["vitals"] = "vitals"
    systolic: Pressure | None = None
    diastolic: Pressure | None = None
    heart_rate: Annotated[int, Field(ge=10, le=300)] | None = None
    oxygen_saturation: Annotated[int, Field(ge=30, le=100)] | None = None
    sedation: Annotated[int, Field(ge=0, le=AWAKE)] | None = None
    dissociation: bool | None = None
    vomiting: bool | None = None
    panic: bool | None = None

    @property
    def signs(self) -> dict[Sign, int | bool]:
        """The signs that were taken, by the names that protocols have for them."""
        found: dict[Sign, int | bool | None] = {
            "systolic pressure": self.systolic,
            "diastolic pressure": self.diastolic,
            "heart rate": self.heart_rate,
            "oxygen saturation": self.oxygen_saturation,
            "sedation": self.sedation,
            "dissociation": self.dissociation,
            "vomiting": self.vomiting,
            "panic": self.panic,
        }
        return {sign: value for sign, value in found.items() if value is not None}


class Decided(Happening):
    """What a prescriber has decided on the blood pressure, or on answers of the check-in.

    On suicide risk it may be any clinician.
    """

    kind: Literal["decision"] = "decision"
    about: Literal["blood pressure", "check-in", "suicide risk"]
    outcome: Literal["go ahead", "not today"]
    reason: Words = ""


class Given(Happening):
    """The drug was first given: T0. ``mg``: the dose that was ordered."""

    kind: Literal["given"] = "given"
    mg: Annotated[int, Field(gt=0, le=2000)] | None = None
    lot: Annotated[str, Field(max_length=60)] = ""


class Device(Happening):
    """A further nasal device; the first is the start of the drug itself."""

    kind: Literal["device"] = "device"
    number: Annotated[int, Field(ge=2, le=12)]


class DrugEnded(Happening):
    """The drug was last given: the infusion has ended, the lozenge is out."""

    kind: Literal["drug ended"] = "drug ended"


class SideEffect(Happening):
    """Something that the drug does to the patient, or that it has passed again."""

    kind: Literal["side effect"] = "side effect"
    effect: Literal[
        "nausea",
        "vomiting",
        "panic",
        "anxiety",
        "dizziness",
        "drowsiness",
        "headache",
        "dissociation",
        "other",
    ]
    passed: bool = False
    words: Words = ""


class AlarmAcknowledged(Happening):
    """Somebody has seen an alarm and sees to it."""

    kind: Literal["alarm acknowledged"] = "alarm acknowledged"
    sign: Sign


class Extended(Happening):
    """The patient is not ready: they stay longer, by so many of the protocol's steps."""

    kind: Literal["extended"] = "extended"
    steps: Annotated[int, Field(ge=1, le=16)] = 1
    reason: Words = ""


class Ready(Happening):
    """What a clinician has seen of readiness to leave: ids of the discharge list's items."""

    kind: Literal["ready"] = "ready"
    confirmed: tuple[Annotated[str, Field(max_length=80)], ...] = Field(max_length=30)


class NoteGiven(Happening):
    """The written instructions are in the patient's hands."""

    kind: Literal["note given"] = "note given"


class RideMet(Happening):
    """The named adult or service is here."""

    kind: Literal["ride met"] = "ride met"
    name: Annotated[str, Field(min_length=1, max_length=120)]


class Discharged(Happening):
    """The patient has left, with everything done."""

    kind: Literal["discharged"] = "discharged"


class LeftEarly(Happening):
    """The patient has left without being discharged."""

    kind: Literal["left early"] = "left early"
    reason: Words = ""


class NotGiven(Happening):
    """The drug is not given today."""

    kind: Literal["not given"] = "not given"
    reason: Words = ""


class Reviewed(Happening):
    """A prescriber has looked at why the patient left early: the next dose may begin."""

    kind: Literal["reviewed"] = "reviewed"
    reason: Words = ""


class FormFiled(Happening):
    """The monitoring form of the session was filed by a person."""

    kind: Literal["form filed"] = "form filed"
    reference: Annotated[str, Field(max_length=120)] = ""


Occurred = (
    Arrived
    | CheckIn
    | Vitals
    | Decided
    | Given
    | Device
    | DrugEnded
    | SideEffect
    | AlarmAcknowledged
    | Extended
    | Ready
    | NoteGiven
    | RideMet
    | Discharged
    | LeftEarly
    | NotGiven
    | Reviewed
    | FormFiled
)
"""Everything that can happen, in the order in which a session mostly goes."""


class Correction(Happening):
    """What an earlier event should have said; without ``event``, that it did not happen."""

    kind: Literal["correction"] = "correction"
    corrects: UUID
    event: Annotated[Occurred, Field(discriminator="kind")] | None = None
    reason: Words = ""


AnyEvent = Annotated[Occurred | Correction, Field(discriminator="kind")]

ORDER: Final = tuple(kind.model_fields["kind"].default for kind in Occurred.__args__)
"""The kinds in the order of a session: of two things at one instant, the earlier kind is first."""

_READER: Final[TypeAdapter[Occurred | Correction]] = TypeAdapter(AnyEvent)


def read(data: Mapping[str, Any]) -> Occurred | Correction:
    """The event that plain data tell of."""
    return _READER.validate_python(data)


def written(event: Occurred | Correction) -> dict[str, Any]:
    """An event as plain data."""
    data: dict[str, Any] = event.model_dump(mode="json", exclude_none=True)
    return data
