"""Staff read their pages in the language that they have chosen."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import select

from api.web.drawing import titled, told
from api.web.pathway_pages import newest
from api.web.sentences import spoken as sentence_in
from api.web.texts import catalogue, said
from api.web.wording import OF_OBSTACLES
from pathways import library
from pathways.protocol import LibraryPathway
from scheduler.store.session import Store
from scheduler.store.tables import Account, AuditEntry
from tests import factories
from tests.api.service.dose_day import DoseDay, dose_day_on_sqlite
from tests.api.service.test_appointments import booked, found
from tests.api.service.test_pathway_pages import ONE, OTHER
from tests.api.service.world import World, served
from tests.databases import Databases
from tests.scheduler.sessions.visits import GOOD, WHOLE

PAGES = (
    *("/", "/calendar?date=2027-01-05", "/calendar?date=2027-01-05&span=week&by=people"),
    *("/patients", "/enrol", "/cohort", "/load?date=2027-01-05", "/tasks", "/repair"),
    *("/reminders", "/reminders?status=pending", "/reminders?patient=ada", "/feeds"),
    *("/today", "/patients/ada", "/settings", "/settings/places", "/pathways"),
    *(f"/pathways/{ONE}/2026.1", f"/pathways/compare?one={ONE}@2026.1&other={OTHER}@2026.1"),
)
EMPTY = {"meta", "link", "input", "br", "rect", "polyline"}


class Spoken(HTMLParser):
    """What a page says, without what it marks as English."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: set[str] = set()
        self.language = ""
        self.open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.language = self.language or (told.get("lang") or "")
        if tag not in EMPTY:
            self.open.append((tag, told.get("lang") == "en" or tag in ("script", "style")))
        self.texts |= {told.get(name) or "" for name in ("title", "aria-label", "placeholder")}

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            continue

    def handle_data(self, data: str) -> None:
        if not any(unheard for _, unheard in self.open):
            self.texts.add(data.strip())


def spoken(page: str) -> Spoken:
    found = Spoken()
    found.feed(page)
    return found


def left_in_english(page: str) -> list[str]:
    """What a page in Spanish says in English although there is a translation."""
    translated = {str(m.id) for m in catalogue("es") if isinstance(m.id, str) and m.id != m.string}
    return sorted(spoken(page).texts & translated - {""})


def test_staff_choose_their_language_and_are_back_where_they_were(world: World) -> None:
    client = world.client("coordinator")
    assert spoken(client.get("/patients").text).language == "en"
    came_from = {"referer": "http://testserver/patients?a=b"}
    led = client.post("/language", data={"language": "es"}, headers=came_from)
    assert (led.status_code, led.headers["location"]) == (303, "/patients?a=b")
    page = client.get("/patients?a=b").text
    assert spoken(page).language == "es"
    assert "<h1>Pacientes</h1>" in page
    assert "a=b" not in page, "the length of a page must not tell what its address asks for"
    with world.store.reading() as session:
        account = session.get_one(Account, ("harbor", world.account("coordinator").id))
        changes = select(AuditEntry).where(AuditEntry.action == "account.language")
        assert account.language == "es"
        assert [entry.subject_id for entry in session.exec(changes)] == [str(account.id)]


def test_a_browser_keeps_the_language_for_when_nobody_is_signed_in(world: World) -> None:
    client = world.client("nurse")
    client.post("/language", data={"language": "es"})
    client.post("/sign-out")
    assert "Entrar" in client.get("/sign-in").text
    assert spoken(client.get("/nowhere", headers={"accept": "text/html"}).text).language == "es"


def test_a_choice_of_language_leads_to_no_other_host_and_is_one_of_ours(world: World) -> None:
    client = world.client("nurse")
    ours = "http://testserver"
    for page in ("http://elsewhere.example/x", f"{ours}//x.org", f"{ours}/\\x.org", "http://[", ""):
        led = client.post("/language", data={"language": "es"}, headers={"referer": page})
        assert led.headers["location"] == "/", page
    assert client.post("/language", data={"language": "tlh"}).status_code == 422


def test_a_page_that_answers_a_form_leads_to_the_start(world: World) -> None:
    client = world.client("coordinator")
    visit = f"/visits/{booked(client)['id']}/end"
    answer = client.post(visit, data={"outcome": "flown", "version": "1"})
    assert 'name="stays" value="no"' in answer.text
    came_from = {"referer": f"http://testserver{visit}"}
    led = client.post("/language", data={"language": "es", "stays": "no"}, headers=came_from)
    assert led.headers["location"] == "/"


def test_every_page_of_staff_says_in_spanish_whatever_it_can(world: World) -> None:
    client = world.client("coordinator")
    visit = f"/visits/{booked(client)['id']}"
    client.post("/language", data={"language": "es"})
    asked = {"accept": "text/html"}
    for path in (*PAGES, visit, f"{visit}?swaps=true", "/nowhere", "/patients/nobody"):
        page = client.get(path, headers=asked).text
        assert spoken(page).language == "es", path
        assert left_in_english(page) == [], path
    bars = client.get("/calendar/bars?first=2027-01-05&last=2027-01-05").json()
    assert bars[0]["extendedProps"]["status"] == "reservada"
    refused = client.post("/repair", data={"what": "away", "first": "2027-01-05"}, headers=asked)
    assert left_in_english(refused.text) == []
    assert 'lang="en"' in refused.text
    theirs = client.get("/settings/accounts", headers=asked)
    assert (theirs.status_code, "Ninguna de sus funciones" in theirs.text) == (403, True)


def test_a_title_is_translated_or_marked_as_english() -> None:
    titles = {"dose": "Esketamine session", "walk": "Walk & talk"}
    assert titled("dose", titles, "es") == "Sesión de esketamina"
    assert titled("walk", titles, "es") == '<span lang="en">Walk &amp; talk</span>'
    assert titled("walk", titles, "en") == "Walk & talk"
    assert titled("day-walk", titles, "es") == '<span lang="en">day walk</span>'


def test_a_sessions_page_names_it_in_spanish(databases: Databases, tmp_path: Path) -> None:
    with dose_day_on_sqlite(databases, tmp_path) as day:
        nurse = day.client("nurse")
        nurse.post("/language", data={"language": "es"})
        assert "Primera sesión de esketamina" in nurse.get(f"/today/{day.visit()}").text


def marked_as_english(page: str) -> list[str]:
    """The sentences of a page for which there is no translation."""
    return re.findall(r'<span lang="en">([^<]*)</span>', page)


@pytest.fixture
def spanish_day(databases: Databases, tmp_path: Path) -> Iterator[DoseDay]:
    """The day of a dose, on which the nurse reads Spanish; the patient is here."""
    with dose_day_on_sqlite(databases, tmp_path) as day:
        day.client("nurse").post("/language", data={"language": "es"})
        day.recorded("12:30", "arrived")
        yield day


def session_page(day: DoseDay) -> str:
    return day.client("nurse").get(f"/today/{day.visit()}").text


def test_what_keeps_the_drug_from_being_given_is_said_in_spanish(spanish_day: DoseDay) -> None:
    day = spanish_day
    early = session_page(day)
    assert "el formulario de llegada no está rellenado" in early
    assert "hoy no se ha tomado la tensión" in early
    assert marked_as_english(early) == []
    fields = {"kind": "given", "id": str(uuid4()), "mg": "56"}
    refused = day.client("nurse").post(f"/today/{day.visit()}", data=fields).text
    assert "<strong>rellene el formulario del día</strong>" in refused
    day.recorded("12:40", "check-in", **WHOLE | {"ride": None, "new_illness": True})
    later = session_page(day)
    assert "hay respuestas por decidir: una enfermedad nueva" in later
    assert "no consta quién lleva al paciente a casa" in later
    assert marked_as_english(later) == []


def test_what_keeps_a_patient_from_leaving_is_said_in_spanish(spanish_day: DoseDay) -> None:
    day = spanish_day
    day.recorded("12:40", "check-in", **WHOLE)
    day.recorded("12:50", "vitals", **GOOD)
    day.recorded("13:00", "given", mg=56)
    day.recorded("13:10", "device", number=2)
    day.recorded("13:40", "vitals", **GOOD | {"systolic": 190})
    day.at("15:20")
    page = session_page(day)
    assert "La disociación ha pasado." in page
    assert "Se han tomado las constantes antes de irse." in page
    assert "ningún profesional lo ha confirmado" in page
    assert [says for says in marked_as_english(page) if "heavy machinery" not in says] == []
    assert left_in_english(page) == []


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        (
            "nurse-1 begins with ada/dose/1 less than 30 minutes apart",
            "nurse-1 empieza con ada/dose/1 a menos de 30 minutos",
        ),
        (
            "nurse-1 watches 3 patients in their first 40 minutes; 2 is most",
            "nurse-1 vigila a 3 pacientes en sus primeros 40 minutos; como máximo 2",
        ),
        ("nurse-1 watches 5 patients; 4 is most", "nurse-1 vigila a 5 pacientes; como máximo 4"),
        ("2.50 programme hours are planned", "hay 2.50 horas de programa planificadas"),
        (
            "Call: no food, no drinks (N-11: it would come too late).",
            "Llame: no food, no drinks (N-11: llegaría demasiado tarde).",
        ),
        (
            "A number nobody knows. Asks for another time: call.",
            "Un número desconocido. Pide otra hora: llame.",
        ),
        (
            "file the monitoring form of ada/dose/1",
            "presente el formulario de vigilancia de ada/dose/1",
        ),
        (
            "the check-in form lacks: new illness, fasting kept",
            "al formulario de llegada le falta: una enfermedad nueva, el ayuno",
        ),
    ],
)
def test_warnings_rules_and_tasks_are_said_in_spanish(english: str, spanish: str) -> None:
    assert sentence_in(english, "es") == spanish


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", "file the monitoring form of dose 2 (ada)"),
        ("es", "presente el formulario de vigilancia de dosis 2 (ada)"),
    ],
)
def test_a_visit_is_named_in_words(language: str, shown: str) -> None:
    assert told("file the monitoring form of ada/dose/2", language) == shown


def test_a_visit_beside_its_patients_name_does_not_say_it_again() -> None:
    says = "file the monitoring form of ada/dose/2"
    assert told(says, "en", whose="ada") == "file the monitoring form of dose 2"
    assert told(says, "en", whose="ben") == "file the monitoring form of dose 2 (ada)"


def test_an_address_is_no_visit() -> None:
    assert told("see https://example.org/ada/dose/2", "en") == "see https://example.org/ada/dose/2"


def test_pictures_of_pathways_speak_the_language_of_whoever_looks(world: World) -> None:
    client = world.client("therapist")
    client.post("/language", data={"language": "es"})
    two = f"one={ONE}@2026.1&other={OTHER}@2026.1"
    for path in ("/pathways", f"/pathways/compare?{two}"):
        labels = re.findall(r'role="img" aria-label="([^"]+)"', client.get(path).text)
        assert labels, path
        assert all("semanas" in label for label in labels), labels


def test_the_shelf_loads_each_pathway_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    load = library.load

    def counted(name: str, version: str) -> LibraryPathway:
        loaded.append(name)
        return load(name, version)

    monkeypatch.setattr(library, "load", counted)
    newest.cache_clear()
    assert len(newest("en")) == len(set(loaded)) == len(loaded)


def test_what_a_script_shows_of_a_refusal_is_in_the_language_of_whoever_reads_it(
    world: World,
) -> None:
    client = world.client("coordinator")
    visit = booked(client)
    move = f"/api/v1/appointments/{visit['id']}/move"
    offer = found(client)["offers"][0]
    late = json.loads(re.sub(r"T1(\d)", r"T2\1", json.dumps(offer)))
    ask = {"headers": {"if-match": '"1"'}, "json": late}
    english = client.post(move, **ask).json()
    client.post("/language", data={"language": "es"})
    told = client.post(move, **ask).json()
    assert told["title"] == "Una regla lo prohíbe."
    assert told["detail"] in set(map(spanish, OF_OBSTACLES.values()))
    assert told["fix"] == "elija una de las horas libres"
    assert told["rule"] == english["rule"]
    stale = client.post(move, json=offer, headers={"if-match": '"7"'}).json()
    assert stale["detail"] == "ya va por la versión 1"
    wish = {"title": "reader", "scopes": ["coordinator"]}
    token = client.post("/api/v1/tokens", json=wish).json()["token"]
    robot = world.client(None)
    robot.headers["authorization"] = f"Bearer {token}"
    assert robot.post(move, **ask).json()["detail"] == english["detail"]


def test_why_two_cannot_change_places_is_said_in_the_language_of_whoever_asks(
    store: Store, tmp_path: Path
) -> None:
    people = [factories.patient("ada"), factories.patient("bea")]
    people[1]["unavailable"] = [{"from": "2027-01-05", "to": "2027-01-05"}]
    with served(store, tmp_path, patients=people) as world:
        client = world.client("coordinator")
        ada = booked(client)
        booked(client, patient="bea", at="2027-01-06T13:00:00-05:00")
        client.post("/language", data={"language": "es"})
        [other] = client.get(f"/api/v1/appointments/{ada['id']}/swaps?on=2027-01-06").json()
        assert other["why_not"] == "no puede venir entonces"


def spanish(text: str) -> str:
    return said(text, "es")
