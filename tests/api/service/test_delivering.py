"""A code goes to the person's own address, in their language, and says nothing of the clinic."""

from dataclasses import dataclass, field

from api.auth.delivering import by_mail, channel_of, nowhere, on_the_screen
from scheduler.reminders.channels.channel import Message, Receipt, Unreachable
from scheduler.settings import Settings
from scheduler.store.tables import Account
from tests.api.service.world import MONDAY


@dataclass
class Letterbox:
    name: str = "e-mail"
    works: bool = True
    sent: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> Receipt:
        if not self.works:
            raise Unreachable
        self.sent.append(message)
        return Receipt("1")


def account(language: str) -> Account:
    return Account(
        clinic_id="oak",
        name="Ada Example",
        email="ada@example.org",
        email_mark="x",
        roles=["patient"],
        language=language,
        created_at=MONDAY,
    )


def test_a_code_goes_to_the_persons_own_address_in_their_language() -> None:
    box = Letterbox()
    by_mail(box)(account("es"), "12345678")
    (message,) = box.sent
    assert (message.to, message.subject) == ("ada@example.org", "Su código")
    assert "12345678" in message.body
    assert "oak" not in message.body


def test_a_mail_that_does_not_go_out_fails_nothing() -> None:
    by_mail(Letterbox(works=False))(account("en"), "12345678")


def test_codes_go_by_mail_where_there_is_mail_and_to_the_screen_of_a_demonstration() -> None:
    assert channel_of(Settings(demo=True), {}) is on_the_screen
    assert channel_of(Settings(), {}) is nowhere
    assert channel_of(Settings(), {"e-mail": Letterbox()}) is not nowhere
