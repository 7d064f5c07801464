"""The patient's own pages: what they say, and what they do by forms alone."""

import gzip
import json
import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from httpx2 import Client
from sqlmodel import select, text

from scheduler.appointments.wishing import WISH
from scheduler.care.answering import ASK_TODAY
from scheduler.reminders.texts import telling_words
from scheduler.store.session import Store
from scheduler.store.tables import Answer, Patient, RideContact, Task
from tests.api.service.dose_day import TUESDAY, DoseDay, eve_of_dose, eve_on_sqlite
from tests.api.service.world import World
from tests.databases import Databases

ROOT = Path(__file__).parents[3]
PAGES = (
    *("/me", "/me/weeks", "/me/questions", "/me/messages", "/me/more", "/me/knowing"),
    "/me/cover",
)


@pytest.fixture
def day(store: Store, tmp_path: Path) -> Iterator[DoseDay]:
    """The eve of a dose, on each kind of database."""
    with eve_of_dose(store, tmp_path) as found:
        yield found


@pytest.fixture
def drawn(databases: Databases, tmp_path: Path) -> Iterator[DoseDay]:
    """The same on one of them, for what is drawn alike on both."""
    with eve_on_sqlite(databases, tmp_path) as found:
        yield found


def own(day: DoseDay, patient: str = "p-1") -> Client:
    """The patient's browser, in which nothing but forms of pages is sent."""
    return day.world.client("patient", patient=patient)


def seen(client: Client, path: str) -> str:
    """The words of a page, without its markup."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    main = answer.text[answer.text.index("<main") :]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def sent(client: Client, path: str, status: int = 303, /, **form: str) -> str:
    """Send a form to a path; where it leads, or the page that refuses it."""
    answer = client.post(path, data=form)
    assert answer.status_code == status, answer.text
    return answer.headers.get("location") or answer.text


def tasks(day: DoseDay, kind: str) -> list[Task]:
    with day.world.store.reading() as session:
        return list(session.exec(select(Task).where(Task.kind == kind, Task.status == "requested")))


def test_the_next_visit_is_told_with_clock_times_of_what_to_prepare(drawn: DoseDay) -> None:
    page = seen(own(drawn), "/me")
    assert "Tomorrow Tuesday, January 19" in page
    assert "12:30 PM" in page
    assert "Nothing to eat from 11:00 AM." in page
    assert "Nothing to drink from 12:30 PM." in page
    assert "1:00 PM Mon, Jan 18 Alcohol and cannabis" in page
    assert "We do not know yet who takes you home" in page
    assert "Do not drive" not in page.replace("do not drive", "")


def test_a_patient_says_that_they_come_once(day: DoseDay) -> None:
    client, visit = own(day), day.visit()
    for _ in range(2):
        assert sent(client, f"/me/visits/{visit}/coming") == "/me?done=coming"
    row = day.row()
    assert (row.confirmed_at, row.version) == (day.world.now, 2)
    assert "You have told us that you are coming." in seen(client, "/me")
    page = sent(client, f"/me/visits/{day.visit('p-1-next')}/coming")
    assert page == "/me?done=coming"
    day.at("13:00")
    refused = sent(own(day), f"/me/visits/{visit}/coming", 409)
    assert "this visit has changed or has begun" in refused


def test_a_patient_names_a_new_driver_and_says_later_that_it_is_certain(day: DoseDay) -> None:
    client, path = own(day), f"/me/visits/{day.visit()}/ride"
    assert "We could not read that telephone number" in sent(
        client, path, 422, name="Rowan Fictional", phone="12"
    )
    assert "write the name and the telephone number" in sent(client, path, 422, phone="12")
    with day.world.store.reading() as session:
        assert session.exec(select(RideContact)).all() == []
    sent(client, path, name="Rowan Fictional", phone="(212) 555-0142", agreed="1")
    assert "Has Rowan Fictional said yes?" in seen(client, "/me")
    with day.world.store.reading() as session:
        ride = session.exec(select(RideContact)).one()
    assert ride.released_until is not None
    assert (day.row().ride_contact_id, day.row().ride_confirmed_at) == (ride.id, None)
    sent(client, path, driver=str(ride.id), certain="1")
    assert day.row().ride_confirmed_at == day.world.now
    assert "Rowan Fictional takes you home" in seen(client, "/me")
    stranger = own(day, "p-2").post(path, data={"driver": str(ride.id), "certain": "1"})
    assert stranger.status_code == 404


def test_a_wish_for_another_time_moves_nothing_and_lands_on_the_work_list(day: DoseDay) -> None:
    client, visit = own(day), day.visit("p-1-next")
    path = f"/me/visits/{visit}/times"
    page = client.get(path).text
    starts = re.findall(r'name="start" value="([^"]+)"', page)
    assert 1 <= len(starts) <= 6
    assert starts == sorted(starts)
    before = day.row("p-1-next").start
    assert before.isoformat() not in starts
    assert sent(client, path) == "/me?done=asked"
    assert [task.says[-11:] for task in tasks(day, WISH)] == ["please call"]
    assert sent(client, path, start=starts[-1]) == "/me?done=asked"
    assert day.row("p-1-next").start == before
    (task,) = tasks(day, WISH)
    assert (task.owner_role, task.patient_id) == ("coordinator", "p-1")
    assert task.says.startswith("asks for another time for dose 1, Thu 21 Jan, 12:30: ")
    assert task.says.endswith(f"{starts[-1][11:16]}, which was free then")
    assert f'href="/visits/{visit}"' in day.client("coordinator").get("/tasks").text
    assert own(day, "p-2").get(path).status_code == 404
    assert "Individual therapy" in client.get("/me/weeks").text
    assert "Individual therapy" not in own(day, "p-2").get("/me/weeks").text
    assert client.post(path, data={"start": "yesterday"}).status_code == 422


def test_answers_are_kept_one_by_one_and_a_dark_one_calls_somebody_at_once(day: DoseDay) -> None:
    client, path = own(day), "/me/questions/GAD-7"
    assert client.post(path, data={"part": "1", "item-1": "2"}).json() == {"crisis": False}
    client.post(path, data={"part": "1", "item-3": "1"})
    assert client.get(path).text.count("checked") == 2
    missing = sent(client, path, 422, **{"item-2": "0"})
    assert "Some questions have no answer yet" in missing
    rest = {f"item-{n}": "1" for n in range(1, 8)}
    assert sent(client, path, **rest) == "/me/questions?done=finished"
    with day.world.store.reading() as session:
        found = session.exec(select(Answer).where(Answer.measure == "GAD-7")).all()
    assert [(row.total, row.finished_at is not None) for row in found] == [(7, True)]
    dark = client.post("/me/questions/PHQ-9", data={"part": "1", "item-9": "1"})
    assert dark.json() == {"crisis": True}
    assert [task.owner_role for task in tasks(day, ASK_TODAY)] == ["therapist"]
    assert "988" in client.get("/me/questions/PHQ-9").text
    told = sent(client, "/me/questions/PHQ-9", 200, **{f"item-{n}": "1" for n in range(1, 10)})
    assert "Somebody of your care team talks with you about it today" in told
    assert "tel:988" in told
    for measure in ("C-SSRS", "nonsense"):
        assert client.get(f"/me/questions/{measure}").status_code == 404
    assert client.post(path, data={"item-1": "many"}).status_code == 422


def test_a_language_is_chosen_once_and_spoken_on_every_page(day: DoseDay) -> None:
    client = own(day)
    assert sent(client, "/me/language", language="es") == "/me/more?done=saved"
    for path in PAGES:
        page = client.get(path).text
        assert '<html lang="es">' in page
        assert "Próxima" in page
    assert "No coma nada desde las 11:00." in seen(client, "/me")
    assert "Primera sesión de esketamina" in seen(client, "/me")
    with day.world.store.reading() as session:
        patients = {row.id: row.language for row in session.exec(select(Patient))}
    assert patients == {"p-1": "es", "p-2": "en"}
    assert client.post("/me/language", data={"language": "tlh"}).status_code == 422


def test_messages_are_agreed_to_and_stopped_by_the_patient(day: DoseDay) -> None:
    client = own(day)
    assert "between 9:00 AM and 8:00 PM where you live" in seen(client, "/me/more")
    sent(client, "/me/channels", channel="e-mail")
    (stop,) = re.findall(r'action="(/me/channels/[^"]+/revoke)"', client.get("/me/more").text)
    assert own(day, "p-2").post(stop).status_code == 404
    sent(client, stop)
    assert "/revoke" not in client.get("/me/more").text
    assert tasks(day, "other-channel")


COVER = {
    "payer": "Juniper Mutual (fictional)",
    "member_number": "JM-404-17",
    "group_number": "G-9",
    "first": "2027-02-01",
}


def test_a_change_of_insurance_is_work_for_billing_and_sealed_where_it_is_stored(
    day: DoseDay,
) -> None:
    client, billing = own(day), day.world.client("billing lead")
    assert sent(client, "/me/cover", **COVER) == "/me/more?done=cover"
    assert "We ask your new insurance" in seen(client, "/me/more?done=cover")
    long = client.post("/me/cover", data=COVER | {"member_number": "7" * 121})
    assert (long.status_code, "7" * 121 in long.text) == (422, True), "nothing typed is cut"
    (task,) = tasks(day, "cover-changed")
    assert (task.owner_role, task.patient_id) == ("billing lead", "p-1")
    assert not any(word in task.says for word in COVER.values())
    page = seen(billing, "/tasks")
    assert "it is another from 01 Feb 2027 on" in page
    for word in ("Juniper Mutual (fictional)", "JM-404-17", "G-9"):
        assert word in page
    with day.world.store.asking() as connection:
        stored = str(connection.execute(text("SELECT * FROM coverage_change")).all())
    assert not any(word in stored for word in ("Juniper", "JM-404-17", "G-9"))
    told = billing.get("/api/v1/patients/p-1/coverage/changes").json()
    assert [one["member_number"] for one in told] == ["JM-404-17"]
    assert own(day, "p-2").get("/api/v1/patients/p-1/coverage/changes").status_code == 404
    assert day.world.client("nurse").get("/api/v1/patients/p-1/coverage/changes").status_code == 403


def test_what_is_told_later_takes_the_place_of_the_first_until_it_is_verified(
    day: DoseDay,
) -> None:
    client = own(day)
    sent(client, "/me/cover", **COVER)
    sent(client, "/me/cover", **(COVER | {"payer": "Sorrel Health (fictional)"}))
    open_now = [task for task in tasks(day, "cover-changed") if task.open_key]
    assert len(open_now) == 1
    page = seen(day.world.client("billing lead"), "/tasks")
    assert "Sorrel Health" in page
    assert "Juniper" not in page
    verified = {"payer": "Sorrel Health (fictional)", "member_number": "1"}
    answer = day.world.client("billing lead").post("/api/v1/patients/p-1/coverage", json=verified)
    assert answer.status_code == 201
    assert not [task for task in tasks(day, "cover-changed") if task.open_key]


@pytest.mark.parametrize(
    "change", [{"payer": " "}, {"first": "soon"}, {"first": "2031-01-01"}, {"first": ""}]
)
def test_a_change_of_insurance_that_says_too_little_is_asked_for_again(
    drawn: DoseDay, change: dict[str, str]
) -> None:
    page = sent(own(drawn), "/me/cover", 422, **(COVER | change))
    assert "Please write the insurance&#39;s name" in page
    assert 'value="JM-404-17"' in page
    assert tasks(drawn, "cover-changed") == []


def test_a_browser_speaks_its_language_before_anybody_has_come_in(drawn: DoseDay) -> None:
    stranger = drawn.world.client(None)
    wishes = {"accept-language": "fr;q=0.9, es-MX;q=0.8, en;q=0.1, x;q=broken"}
    assert '<html lang="es">' in stranger.get("/sign-in", headers=wishes).text
    assert '<html lang="en">' in stranger.get("/sign-in").text
    assert "Entrar" in stranger.get("/sign-in?language=es").text
    assert "Entrar" in stranger.get("/sign-in").text


def test_the_note_on_driving_stands_on_every_page_while_it_holds(drawn: DoseDay) -> None:
    drawn.begin()
    client = own(drawn)
    for path in PAGES:
        assert "You may drive again from" in seen_whole(client, path)
        assert "Wednesday, January 20, 6:00 AM" in seen_whole(client, path)
    drawn.at("06:00", TUESDAY + timedelta(days=1))
    assert "You may drive again" not in seen_whole(own(drawn), "/me/weeks")


def seen_whole(client: Client, path: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", client.get(path).text).split())


def test_a_patient_on_no_pathway_of_the_library_has_all_pages(world: World) -> None:
    client = world.client("patient", patient="ada")
    for path in (*PAGES, "/me/kept.json"):
        assert client.get(path).status_code == 200, path
    assert "Nothing is booked for you." in seen(client, "/me")
    assert client.get("/me/questions/PHQ-9").status_code == 404


def test_whoever_is_not_signed_in_learns_nothing_of_a_treatment(drawn: DoseDay) -> None:
    nobody = drawn.world.client(None)
    for path in ("/sign-in", "/sign-in?language=es", "/offline", "/manifest.webmanifest"):
        assert telling_words(seen_whole(nobody, path)) == [], path
    kept = own(drawn).get("/me/kept.json").json()
    assert telling_words(json.dumps(kept)) == []
    assert [visit["title"] for visit in kept["visits"]][:1] == ["Appointment at Your clinic"]
    for path in PAGES:
        (title,) = re.findall("<title>(.*?)</title>", own(drawn).get(path).text)
        assert telling_words(title) == []


def test_a_first_visit_of_a_patient_weighs_less_than_sixty_kilobytes(drawn: DoseDay) -> None:
    client = own(drawn)
    for path in (*PAGES, "/me/questions/PHQ-9", "/sign-in", "/offline"):
        page = client.get(path)
        loaded = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text))
        loaded |= {"/static/keeping.js", "/static/offline.js"}  # loaded by scripts
        weight = sum(len(gzip.compress(client.get(file).content)) for file in loaded)
        assert weight + len(gzip.compress(page.content)) < 60_000, path
        assert "<style" not in page.text
        assert " style=" not in page.text


def unpacked(pdf: bytes) -> bytes:
    """A PDF with what is packed in it."""
    packed = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return pdf + b"".join(zlib.decompress(part) for part in packed if part[:1] == b"\x78")


def test_papers_are_made_in_the_patients_language_and_can_be_read_aloud(drawn: DoseDay) -> None:
    subprocess.run([ROOT / "setup/paper.sh", sys.executable], check=True)
    drawn.begin()
    client = own(drawn)
    client.post("/me/language", data={"language": "es"})
    for name in ("week", "after"):
        mine = client.get(f"/me/papers/{name}.pdf")
        assert mine.headers["content-type"] == "application/pdf"
        assert mine.content.startswith(b"%PDF")
        inside = unpacked(mine.content)
        for mark in (b"/StructTreeRoot", b"/Lang (es)", b'pdfuaid:part="1"'):
            assert mark in inside
        handed = drawn.client("nurse").get(f"/patients/p-1/papers/{name}.pdf")
        assert handed.content[:5] == b"%PDF-"
        assert own(drawn).get(f"/patients/p-2/papers/{name}.pdf").status_code == 403
    assert drawn.client("nurse").get("/patients/nobody/papers/week.pdf").status_code == 404


def test_what_is_refused_is_told_to_a_patient_in_their_language(drawn: DoseDay) -> None:
    client, looks = own(drawn), {"accept": "text/html"}
    client.post("/me/language", data={"language": "es"})
    for path, status in (("/me/questions/none", 404), ("/today", 403)):
        answer = client.get(path, headers=looks)
        assert answer.status_code == status
        assert '<html lang="es">' in answer.text
        assert "Volver a mi página" in answer.text
