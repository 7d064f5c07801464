"""Text messages through Twilio's API, or any service that speaks it.

A request that may have been taken is never repeated by this module: whoever calls it decides.
"""

import base64
import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

import httpx
from pydantic_settings import BaseSettings, SettingsConfigDict

from scheduler.reminders.channels.channel import Message, Receipt, Refused, Unclear, Unreachable

TIMEOUT = 8.0
"""Seconds for one request; all that one sender has in hand must fit into half a lease."""

BAD_ADDRESS = frozenset({21211, 21214, 21217, 21408, 21610, 21612, 21614, 30005, 30006})
"""The service's numbers for addresses that do not work, or do not want anything any more."""

_NOT_NOW = frozenset({401, 403, 404, 408, 429, 503})


class SmsSettings(BaseSettings):
    """How text messages go, from ``CAREWEAVE_SMS_…``. ``sender``: the number they come from."""

    model_config = SettingsConfigDict(env_prefix="CAREWEAVE_SMS_", extra="ignore")

    url: str = "https://api.twilio.com"
    account: str | None = None
    token: str | None = None
    sender: str | None = None


class Sms:
    """Sends text messages. ``callback``: where the service tells what became of each."""

    name = "sms"

    def __init__(
        self, settings: SmsSettings, callback: str | None, *, client: httpx.Client | None = None
    ) -> None:
        self._account, self._token = settings.account or "", settings.token or ""
        self._sender = settings.sender or ""
        base = f"{settings.url}/2010-04-01/Accounts/{self._account}"
        self._address = f"{base}/Messages.json"
        self._callback = callback
        self._client = client or httpx.Client(timeout=TIMEOUT)

    def send(self, message: Message) -> Receipt:
        """Hand one text message to the service."""
        data = {"To": message.to, "From": self._sender, "Body": message.body}
        if self._callback is not None:
            data["StatusCallback"] = f"{self._callback}?{urlencode({'reminder': message.key})}"
        try:
            answer = self._client.post(self._address, data=data, auth=(self._account, self._token))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as problem:
            raise Unreachable(type(problem).__name__) from None
        except httpx.HTTPError as problem:
            raise Unclear(type(problem).__name__) from None
        return _understood(answer)


def _understood(answer: httpx.Response) -> Receipt:
    """What an answer means; one that cannot be read after a success means that nobody knows."""
    if answer.is_success:
        sid = _member(answer, "sid")
        if not isinstance(sid, str):
            raise Unclear("an answer that cannot be read")
        return Receipt(sid)
    if answer.status_code in _NOT_NOW:
        raise Unreachable(f"status {answer.status_code}")
    if answer.is_server_error:
        raise Unclear(f"status {answer.status_code}")
    code = _member(answer, "code")
    raise Refused(f"status {answer.status_code}, code {code}", address=code in BAD_ADDRESS)


def _member(answer: httpx.Response, name: str) -> object:
    try:
        found = answer.json()
    except ValueError:
        return None
    return found.get(name) if isinstance(found, dict) else None


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """How the service signs a call to us: its address and, in order of name, what it sends."""
    signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.digest(token.encode(), signed.encode(), "sha1")).decode()


def is_signed(token: str | None, url: str, form: Mapping[str, str], given: str) -> bool:
    """Whether a call to us is from the service; never without a token of ours."""
    return bool(token) and hmac.compare_digest(signature(token or "", url, form), given)
