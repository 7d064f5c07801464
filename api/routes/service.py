"""Who is asking."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from api.dependencies import Here

router = APIRouter(tags=["service"])


class Me(BaseModel):
    """Who is signed in."""

    clinic: str
    roles: list[str]
    patient: str | None
    csrf: str | None


@router.get("/me")
def who_am_i(request: Request, actor: Here) -> Me:
    """Who is signed in, and what forms of this sign-in send back."""
    row = request.state.sign_in
    return Me(
        clinic=actor.clinic_id,
        roles=sorted(actor.roles),
        patient=actor.patient_id,
        csrf=row.csrf if row else None,
    )
