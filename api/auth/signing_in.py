"""The steps of coming in: a password and a second step for staff, a code for patients."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from api.auth import accounts, codes, entering, passwords, second_step, tries
from api.auth.entering import SignedIn
from scheduler import audit
from scheduler.errors import NotSignedIn
from scheduler.store.session import Store
from scheduler.store.tables import Account, SignIn

PROVEN_FOR = timedelta(minutes=5)


@dataclass(frozen=True)
class Entry:
    """Who says they are who. ``clinic_id`` only where several clinics know the address."""

    email: str
    secret: str
    clinic_id: str = ""

    @property
    def whom(self) -> str:
        """On whom the try is counted."""
        return accounts.mark_of(self.email)


def by_password(store: Store, entry: Entry, *, now: datetime) -> Account | None:
    """Whose password it is; None, after as long a time, where it is nobody's or too soon."""
    with store.writing() as session:
        free = tries.take(session, "password", entry.whom, now=now)
    with store.reading() as session:
        account = accounts.of_address(session, entry.email, entry.clinic_id)
    right = passwords.fits(entry.secret, account.password_hash if account else None)
    if account is None or account.disabled_at is not None or not (free and right):
        return None
    return account


def begin_halfway(session: Session, account: Account, *, now: datetime) -> str:
    """The cookie's token of somebody whose password was right and who has one step to go."""
    tries.clear(session, "password", account.email_mark, now=now)
    kept = accounts.held(session, account.clinic_id, account.id)
    second_step.offer(kept)
    token, _ = entering.begin(session, kept, strong=False, now=now, way="password")
    return token


def by_second_step(
    session: Session, account: Account, row: SignedIn, code: str, *, now: datetime
) -> str | None:
    """A new cookie's token in place of the old, where the code is right; None otherwise."""
    kept = accounts.held(session, account.clinic_id, account.id)
    if not second_step.shown(session, kept, code, now=now):
        return None
    entering.end(session, row, now=now)
    token, _ = entering.begin(session, kept, strong=True, now=now, way="password")
    return token


def send_code(
    session: Session, email: str, clinic_id: str, *, now: datetime
) -> tuple[Account, str] | None:
    """A patient's new code and to whom it is to be delivered; None for anybody else."""
    account = accounts.of_address(session, email, clinic_id)
    if account is None or account.patient_id is None or account.disabled_at is not None:
        return None
    code = codes.issue(session, account, now=now)
    return None if code is None else (account, code)


def by_code(session: Session, entry: Entry, *, now: datetime) -> str | None:
    """The cookie's token of a patient whose code it is; None where it is nobody's."""
    if not tries.take(session, "code", entry.whom, now=now):
        return None
    account = accounts.of_address(session, entry.email, entry.clinic_id)
    if account is None or account.patient_id is None or account.disabled_at is not None:
        return None
    if not codes.answered(session, account, entry.secret, now=now):
        return None
    tries.clear(session, "code", entry.whom, now=now)
    token, _ = entering.begin(session, account, strong=True, now=now, way="code")
    return token


def set_password(session: Session, account: Account, password: str, *, now: datetime) -> str:
    """Set a password by an invitation; the token of somebody who has the second step to go."""
    kept = accounts.held(session, account.clinic_id, account.id)
    kept.password_hash = passwords.hashed(password)
    accounts.end_everywhere(session, kept, now=now)
    actor = entering.actor_of(kept)
    audit.record(session, actor, "account.password", at=now, subject=("account", kept.id))
    return begin_halfway(session, kept, now=now)


def prove(store: Store, there: SignedIn, secret: str, *, now: datetime) -> bool:
    """Whether somebody who is signed in has shown again who they are, by password or code."""
    whom = f"{there.clinic_id}:{there.account_id}"
    with store.writing() as session:
        account = accounts.found(session, there.clinic_id, there.account_id)
        free = tries.take(session, "proof", whom, now=now)
        coded = bool(account.patient_id) and codes.answered(session, account, secret, now=now)
    right = coded or passwords.fits(secret, account.password_hash)
    if not (free and right):
        return False
    with store.writing() as session:
        tries.clear(session, "proof", whom, now=now)
        entering.proved(session, there, now=now)
    return True


def refuse_unproven(row: SignIn | SignedIn | None, *, now: datetime) -> None:
    """NotSignedIn unless somebody showed who they are in the last minutes."""
    if row is None or now >= row.proved_at + PROVEN_FOR:
        raise NotSignedIn(
            "this needs you to show once more who you are",
            fix="give your password, or a new code, at /api/v1/me/proof, then try again",
        )
