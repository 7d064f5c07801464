"""Who goes with a patient without driving them: told time and place alone, while released."""

from datetime import timedelta

from pathways import library
from scheduler.acting import Actor
from scheduler.care.contacts import add_ride_contact
from scheduler.care.requirements.journey import ride_fault
from scheduler.store.session import Store
from tests.scheduler.reminders.clinic import BEGIN, DOSE, book, enrolment_of, set_up
from tests.scheduler.reminders.sending import Hands, Provider, reminders, worker


def test_a_sitter_and_family_are_told_time_and_place_and_take_nobody_home(store: Store) -> None:
    set_up(store)
    home = "viop-ketamine-lozenge-home"
    with store.writing() as session:
        enrolment = enrolment_of(session)
        enrolment.pathway_id, enrolment.pathway_version = home, library.versions(home)[-1]
        activity = library.load(home, enrolment.pathway_version).doses[0].id
        book(session, activity, DOSE, modality="virtual")
        sitter = add_ride_contact(
            session,
            Actor("harbor", roles=frozenset({"coordinator"})),
            "ada",
            name="Mary Fictional",
            phone="+1 202 555 0143",
            kind="sitter",
            released_until=DOSE.date(),
            now=BEGIN,
        )
        [told] = reminders(session, "N-18")
        assert (told.recipient, told.status) == (f"ride:{sitter.id}", "pending")
        assert ride_fault(library.load(home, enrolment.pathway_version), sitter) is not None
        for other in reminders(session):
            if other is not told:
                session.delete(other)
        session.flush()
    clock, provider = Hands(DOSE - timedelta(days=1)), Provider()
    worker(store, clock, provider).run()
    [message] = provider.sent
    assert message.to == "+12025550143"
    assert message.body == "Please be there on Tue Jan 19 from 1:30 PM on. Questions: 555-555-0199"
