"""The patient's own messages on a page, in the patient's language."""

from typing import Final

from babel.dates import format_datetime
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from api.routes.messages import OwnInbox
from api.web.drawing import draw

router = APIRouter(default_response_class=HTMLResponse)

WORDS: Final = {
    "en": {
        "title": "Your messages",
        "none": "There are no messages yet.",
        "overtaken": "This visit has moved or does not take place.",
    },
    "es": {
        "title": "Sus mensajes",
        "none": "Todavía no hay mensajes.",
        "overtaken": "Esta visita ha cambiado o no tendrá lugar.",
    },
}
"""What the page says around the messages, in each language in which there are any."""


@router.get("/me/messages")
def my_messages_page(request: Request, inbox: OwnInbox) -> Response:
    """The messages of the patient who is signed in, the newest first."""
    language = inbox.language if inbox.language in WORDS else "en"
    letters = [
        (letter, format_datetime(letter.at, "EEEE d MMMM, HH:mm", locale=language))
        for letter in inbox.letters
    ]
    return draw(request, "messages.html", language=language, letters=letters, words=WORDS[language])
