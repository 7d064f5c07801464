"""What the commands about accounts, tokens and the record do, once they are typed in.

Apart from them, because the store takes a second to import, and a command that plans needs none.
"""

from datetime import timedelta
from uuid import UUID

from sqlmodel import Session

from api.auth import accounts, tokens
from api.auth.accounts import Newcomer
from api.auth.tokens import Wish
from api.cli.opening import clinic_of, opened
from api.cli.terminal import answer, counted, refuse, say
from scheduler import audit_seal
from scheduler.acting import Actor, machine
from scheduler.clock import now
from scheduler.errors import WrongMove
from scheduler.settings import Settings
from scheduler.store.tables import Account

BROKEN = 1
"""Exit code: the record does not hold."""


def _here(clinic_id: str) -> Actor:
    return machine(clinic_id, "command line")


def _account(session: Session, email: str, clinic: str | None) -> Account:
    """The account of an address; the command ends where nobody has it."""
    name = clinic_of(session, clinic)
    account = accounts.of_address(session, email, name)
    if account is None:
        refuse([f"nobody in {name} has the address {email}"])
    return account


def add_user(
    email: str,
    name: str,
    roles: list[str],
    *,
    patient: str | None,
    clinic: str | None,
    language: str,
) -> None:
    """Give somebody an account, and print their invitation."""
    settings, at = Settings(), now()
    newcomer = Newcomer(name, email, roles, patient, language=language)
    with opened(settings) as store, store.writing() as session:
        actor = _here(clinic_of(session, clinic))
        account = accounts.make(session, actor, newcomer, now=at)
        token = accounts.invite(session, actor, account, now=at)
    answer(f"{settings.own_url}/enter/{token}")


def list_users(clinic: str | None) -> None:
    """Print who has an account."""
    with opened(Settings()) as store, store.reading() as session:
        found = accounts.all_of(session, clinic_of(session, clinic))
    for account in found:
        ended = "  (shut out)" if account.disabled_at else ""
        answer(f"{account.email}  {', '.join(account.roles)}{ended}")


def disable_user(email: str, clinic: str | None) -> None:
    """Shut somebody out."""
    with opened(Settings()) as store, store.writing() as session:
        found = _account(session, email, clinic)
        account = accounts.held(session, found.clinic_id, found.id)
        try:
            accounts.disable(session, _here(account.clinic_id), account, now=now())
        except WrongMove as wrong:
            refuse([f"{wrong.says}: {wrong.fix}"])
    answer(f"{email} is shut out")


def link_user(email: str, clinic: str | None, *, anew: bool) -> None:
    """Print a link with which somebody sets a new password."""
    settings = Settings()
    with opened(settings) as store, store.writing() as session:
        account = _account(session, email, clinic)
        actor = _here(account.clinic_id)
        token = accounts.invite(session, actor, account, now=now(), anew=anew)
    answer(f"{settings.own_url}/enter/{token}")


def make_token(email: str, title: str, scopes: list[str], *, days: int, clinic: str | None) -> None:
    """Make a token and print it."""
    wish = Wish(title, scopes, timedelta(days=days))
    with opened(Settings()) as store, store.writing() as session:
        account = _account(session, email, clinic)
        token, row = tokens.make(session, _here(account.clinic_id), account, wish, now=now())
    say(f"token {row.id}, good until {row.ends_at:%Y-%m-%d}; end it by: token revoke {row.id}")
    answer(token)


def revoke_token(token: UUID, clinic: str | None) -> None:
    """End a token."""
    with opened(Settings()) as store, store.writing() as session:
        name = clinic_of(session, clinic)
        actor = Actor(name, roles=frozenset({"admin"}), name="command line")
        tokens.revoke(session, actor, token, now=now())
    answer("the token has ended")


def seal_record(clinic: str | None) -> None:
    """Chain what waits, and print the last number and seal."""
    done, at, count = 0, now(), audit_seal.AT_ONCE
    with opened(Settings()) as store:
        while count == audit_seal.AT_ONCE:
            with store.writing() as session:
                count = audit_seal.seal(session, clinic_of(session, clinic), at)
            done += count
        with store.reading() as session:
            found = audit_seal.verify(session, clinic_of(session, clinic))
    say(f"{counted(done, 'entry', 'entries')} chained")
    answer(f"{found.number}:{found.seal}")


def verify_record(clinic: str | None, noted: list[str]) -> None:
    """Say whether the record is whole; the exit code is `BROKEN` where it is not."""
    seals = [_noted(entry) for entry in noted]
    with opened(Settings()) as store, store.reading() as session:
        found = audit_seal.verify(session, clinic_of(session, clinic), seals)
    if found.unsealed_since is not None:
        waiting = counted(found.unsealed, "entry", "entries")
        say(f"{waiting} not chained yet since {found.unsealed_since:%Y-%m-%d %H:%M} UTC")
    if found.breaks:
        broken = found.breaks[0]
        refuse([f"the record breaks at number {broken.number}: {broken.says}"], code=BROKEN)
    answer(f"whole: {counted(found.number, 'entry', 'entries')}, seal {found.seal or 'none'}")


def _noted(entry: str) -> tuple[int, str]:
    number, _, seal = entry.partition(":")
    if not number.isdigit() or not seal:
        refuse([f"--noted {entry} is no NUMBER:SEAL, as `audit seal` prints it"])
    return int(number), seal
