"""Accounts: who has one, with which roles, how they are invited and shut out."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session, col, select, update

from api.auth import entering, second_step
from scheduler import audit
from scheduler.acting import ROLES, STAFF, Actor
from scheduler.errors import Clash, NotThere, NotUnderstood, WrongMove
from scheduler.store import vault
from scheduler.store.session import insert_new
from scheduler.store.tables import Account, ApiToken, Clinic, Patient, Practitioner, SignIn

INVITED_FOR = timedelta(days=3)


@dataclass(frozen=True)
class Newcomer:
    """Somebody who is to have an account. A patient names the patient, a clinician themselves."""

    name: str
    email: str
    roles: list[str] = field(default_factory=list)
    patient_id: str | None = None
    practitioner_id: str | None = None
    language: str = "en"


def mark_of(email: str) -> str:
    """By which an address is found: upper and lower case are one, spaces around it nothing."""
    return vault.vault().mark(f"email:{email.strip().casefold()}")


def of_address(session: Session, email: str, clinic_id: str = "") -> Account | None:
    """Whose address it is, in a clinic or, where only one clinic knows it, in any."""
    asked = select(Account).where(Account.email_mark == mark_of(email))
    if clinic_id:
        asked = asked.where(Account.clinic_id == clinic_id)
    found = session.exec(asked.limit(2)).all()
    return found[0] if len(found) == 1 else None


def make(session: Session, actor: Actor, newcomer: Newcomer, *, now: datetime) -> Account:
    """A new account; Clash where the address has one, NotUnderstood where roles make no sense."""
    refuse_bad_roles(newcomer.roles, newcomer.patient_id)
    _refuse_strangers(session, actor.clinic_id, newcomer)
    account = Account(
        clinic_id=actor.clinic_id,
        name=newcomer.name,
        email=newcomer.email.strip(),
        email_mark=mark_of(newcomer.email),
        roles=sorted(newcomer.roles),
        patient_id=newcomer.patient_id,
        practitioner_id=newcomer.practitioner_id,
        language=newcomer.language,
        created_at=now,
    )
    if not insert_new(session, account):
        raise Clash("this address has an account already", fix="change that account's roles")
    _record(session, actor, "account.make", account, now)
    return account


def refuse_bad_roles(roles: list[str], patient_id: str | None) -> None:
    """NotUnderstood unless there are roles, all known, and a patient's account is nothing else."""
    unknown = sorted(set(roles) - set(ROLES))
    if unknown or not roles:
        raise NotUnderstood(
            f"no such role: {', '.join(unknown)}" if unknown else "an account has a role",
            fix=f"roles are {', '.join(ROLES)}",
            place="roles",
        )
    if ("patient" in roles) != (patient_id is not None) or (patient_id and set(roles) & STAFF):
        raise NotUnderstood(
            "the role patient goes with a patient's id, and with no other role", place="roles"
        )


def _refuse_strangers(session: Session, clinic_id: str, newcomer: Newcomer) -> None:
    patient, practitioner = newcomer.patient_id, newcomer.practitioner_id
    if patient is not None and session.get(Patient, (clinic_id, patient)) is None:
        raise NotThere("there is no such patient")
    if practitioner and session.get(Practitioner, (clinic_id, practitioner)) is None:
        raise NotThere("there is no such practitioner")


def found(session: Session, clinic_id: str, account_id: UUID) -> Account:
    """One of a clinic's accounts; NotThere otherwise."""
    account = session.get(Account, (clinic_id, account_id))
    if account is None:
        raise NotThere("there is no such account")
    return account


def held(session: Session, clinic_id: str, account_id: UUID) -> Account:
    """One of a clinic's accounts, which nobody else changes until the unit of work ends."""
    account = found(session, clinic_id, account_id)
    session.refresh(account, with_for_update=True)
    return account


def all_of(session: Session, clinic_id: str) -> list[Account]:
    """A clinic's accounts, the oldest first."""
    asked = select(Account).where(Account.clinic_id == clinic_id)
    return list(session.exec(asked.order_by(col(Account.created_at), col(Account.id))))


def give_roles(
    session: Session, actor: Actor, account: Account, roles: list[str], *, now: datetime
) -> None:
    """Change what somebody may do; whoever is signed in as them is out at once.

    WrongMove where nobody would be left who may change it back.
    """
    refuse_bad_roles(roles, account.patient_id)
    if "admin" not in roles:
        _refuse_last_administrator(session, account)
    before, account.roles = account.roles, sorted(roles)
    account.version += 1
    end_everywhere(session, account, now=now)
    _record(session, actor, "account.roles", account, now, before=before, after=account.roles)


def speak(
    session: Session, actor: Actor, account_id: UUID, language: str, *, now: datetime
) -> None:
    """Pages and codes speak another language to somebody from now on."""
    account = held(session, actor.clinic_id, account_id)
    if account.language != language:
        account.language, account.version = language, account.version + 1
        _record(session, actor, "account.language", account, now, language=language)


def disable(session: Session, actor: Actor, account: Account, *, now: datetime) -> None:
    """Shut somebody out at once, everywhere; a second time changes nothing.

    WrongMove where nobody would be left who may let anybody in.
    """
    _refuse_last_administrator(session, account)
    if account.disabled_at is None:
        account.disabled_at, account.version = now, account.version + 1
    end_everywhere(session, account, now=now)
    session.execute(
        update(ApiToken)
        .where(*_of(ApiToken, account), col(ApiToken.revoked_at).is_(None))
        .values(revoked_at=now)
    )
    _record(session, actor, "account.disable", account, now)


def _refuse_last_administrator(session: Session, account: Account) -> None:
    """WrongMove where an account is the only one of an administrator that is open."""
    if "admin" not in account.roles or account.disabled_at is not None:
        return
    # Of two who shut each other out the second sees that nobody would be left. Rows that name the
    # clinic are written meanwhile.
    clinic = select(Clinic.id).where(Clinic.id == account.clinic_id)
    session.exec(clinic.with_for_update(key_share=True)).one()
    others = session.exec(
        select(Account.roles).where(
            Account.clinic_id == account.clinic_id,
            Account.id != account.id,
            col(Account.disabled_at).is_(None),
        )
    )
    if not any("admin" in roles for roles in others):
        says = "nobody else may look after accounts"
        raise WrongMove(says, fix="give somebody else the role admin first")


def end_everywhere(session: Session, account: Account, *, now: datetime) -> None:
    """End every sign-in of an account."""
    session.execute(
        update(SignIn)
        .where(*_of(SignIn, account), col(SignIn.ended_at).is_(None))
        .values(ended_at=now)
    )


def invite(
    session: Session, actor: Actor, account: Account, *, now: datetime, anew: bool = False
) -> str:
    """The token of a link with which somebody sets a password, once.

    ``anew``: they also choose a new second step, because the old phone is gone.
    """
    if anew:
        second_step.forget(account)
        end_everywhere(session, account, now=now)
    _record(session, actor, "account.invite", account, now, anew=anew)
    purpose = "sign-in" if account.patient_id else "invitation"
    return entering.make_link(session, account, now=now, good_for=INVITED_FOR, purpose=purpose)


def _of(
    table: type[SignIn] | type[ApiToken], account: Account
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    ours = col(table.clinic_id) == account.clinic_id
    return ours, col(table.account_id) == account.id


def _record(
    session: Session, actor: Actor, action: str, account: Account, now: datetime, **detail: Any
) -> None:
    subject = ("account", account.id)
    audit.record(session, actor, action, at=now, subject=subject, **detail)
