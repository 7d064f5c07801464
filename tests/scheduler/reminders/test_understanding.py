"""What people write back, in both languages and many spellings."""

import pytest

from scheduler.reminders.understanding import meaning

STOPS = """
STOP|stop|Stop.|STOP!!!|  stop  |stop please|Please stop|pls stop|stopall|STOP ALL|Stop all|quit
QUIT!|end
End.|revoke|opt out|Opt-out|OPT OUT please|optout|unsubscribe|Unsubscribe me|please unsubscribe
stop texting me|Stop sending these|stop it now|no more texts|no more messages please|do not text me
don't text me|dont text me again|leave me alone|remove me|take me off|take me off your list
STOP 🛑|s t o p stop|stop, thanks|I revoke consent|Quit texting me
ALTO|alto|¡Alto!|Alto por favor|basta|Basta ya|BAJA|baja por favor|pare|Paren|parar|detener|salir
no más mensajes|No mas mensajes por favor|dejen de escribirme|Deje de escribir|no me escriban más
quiero darme de baja|fin|Fin.|no más textos
"""
CRISES = """
I want to die|i wanna die|thinking about suicide|I feel suicidal|going to kill myself
I took an overdose|I want to end my life|I could hurt myself
better off dead, all of you would be|I can't go on
stop, I want to die|quiero morir|Quiero morir.|pienso en el suicidio|voy a matarme|no quiero vivir
quitarme la vida|tomé una sobredosis|Ya no puedo seguir así
"""
OTHERS = """
my sister drives me|I need to stop by the pharmacy before I come, is that fine|the end of the month
who is this?|?|👍|can I bring my dog|My ride is Grace|running late|¿a qué hora es?
the bus stop is closed today or not
"""


def lines(text: str) -> list[str]:
    return [said for line in text.strip().splitlines() for said in line.split("|")]


@pytest.mark.parametrize("said", lines(STOPS))
def test_whoever_wants_to_be_left_alone_is_understood(said: str) -> None:
    assert meaning(said) == "stop"


def test_there_are_sixty_ways_to_say_stop() -> None:
    assert len(set(lines(STOPS))) >= 60


@pytest.mark.parametrize("said", lines(CRISES))
def test_danger_is_heard_before_everything_else(said: str) -> None:
    assert meaning(said) == "crisis"


@pytest.mark.parametrize(
    "said", ["cancel", "CANCEL", "Cancel my Tuesday", "cancelar", "Cancele mi cita"]
)
def test_cancel_may_mean_the_messages_or_the_visit(said: str) -> None:
    assert meaning(said) == "cancels"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        *(
            ("Y", "yes"),
            ("y.", "yes"),
            ("Yes!", "yes"),
            ("Sí", "yes"),
            ("si", "yes"),
            ("ok thanks", "yes"),
        ),
        *(("R", "change"), ("cambiar", "change"), ("N", "no"), ("no", "no"), ("No puedo ir", "no")),
        *(("1", "home"), ("Home safe", "home"), ("I'm home", "home"), ("Llegué bien", "home")),
        *(("2", "needs"), ("I need help", "needs"), ("HELP", "help"), ("ayuda", "help")),
        *(("START", "start"), ("unstop", "start"), ("Comenzar", "start")),
    ],
)
def test_short_replies_are_understood(said: str, meant: str) -> None:
    assert meaning(said) == meant


@pytest.mark.parametrize("said", lines(OTHERS))
def test_everything_else_goes_to_a_person(said: str) -> None:
    assert meaning(said) == "other"
