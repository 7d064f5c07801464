"""Which words of a clinic's own may stand for an approved text, and which are refused."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pathways import timing
from scheduler.errors import NotThere, NotUnderstood, Refusal, RuleBroken
from scheduler.reminders import contents, fitting, wording
from scheduler.reminders.contents import Told
from scheduler.reminders.own_words import EARLIER, SETTING, words_of
from scheduler.reminders.texts import LANGUAGES, LONGEST, NoText, telling_words, texts_in
from scheduler.store.tables import Appointment, Clinic

EVERY = [(language, name) for language in LANGUAGES for name in texts_in(language)]
HARBOR = Clinic(id="harbor", timezone="America/New_York", settings={"sender": "Harbor Office"})


def clinic(zone: str = "America/New_York", **own: str) -> Clinic:
    """A clinic with words of its own for texts in English."""
    names = {name.replace("__", "-").replace("_", "."): words for name, words in own.items()}
    return Clinic(id="harbor", timezone=zone, settings={SETTING: {"en": names}})


@pytest.mark.parametrize(("language", "name"), EVERY, ids=str)
def test_the_approved_words_of_every_text_may_be_used(language: str, name: str) -> None:
    assert fitting.judge(HARBOR, language, name, texts_in(language)[name])


@pytest.mark.parametrize(("language", "name"), EVERY, ids=str)
def test_no_text_can_leave_out_what_must_stand_in_it(language: str, name: str) -> None:
    approved = texts_in(language)[name]
    for value in wording.needed(language, name):
        with pytest.raises(Refusal):
            fitting.judge(HARBOR, language, name, approved.replace(f"{{{value}}}", "later"))
    for part in wording.kept(language, name):
        begin = approved.casefold().index(part.casefold())
        for instead in ("", f"xy{part[2:]}", f"un{part}"):
            other = approved[:begin] + instead + approved[begin + len(part) :]
            assert not wording.is_usable(language, name, other)


def test_what_is_kept_or_fixed_is_of_texts_that_there_are() -> None:
    for language, kept in wording._lists()["kept"].items():
        assert kept.keys() <= texts_in(language).keys()
    assert wording._lists()["kept"]["en"].keys() == wording._lists()["kept"]["es"].keys()
    fixed = {name for names in wording._lists()["fixed"].values() for name in names}
    assert fixed <= texts_in("en").keys()
    assert fixed >= {name for name, words in texts_in("en").items() if "988" in words}


GOOD = "{sender}: we see you {date} {time}, {place}. {reply} {phone}"
REFUSED = {
    "no words at all": ("", "there are no words"),
    "spaces alone": ("   ", "there are no words"),
    "two spaces": (GOOD.replace("we see", "we  see"), "spaces stand"),
    "a space at the end": (f"{GOOD} ", "spaces stand"),
    "far too long": (GOOD + " and more" * 60, "it has 6"),
    "a line break": (GOOD.replace("we see", "we\nsee"), r"nobody sees \(000A\)"),
    "a sign that nobody sees": (GOOD.replace("see", "s\N{ZERO WIDTH SPACE}ee"), "200B"),
    "a space of another kind": (GOOD.replace("we see", "we\N{NO-BREAK SPACE}see"), "00A0"),
    "writing from the right": (GOOD.replace("see", "\N{RIGHT-TO-LEFT OVERRIDE}see"), "202E"),
    "a picture": (f"{GOOD}\N{SNOWMAN}", "has no sign \N{SNOWMAN}"),
    "a letter of another alphabet": (
        GOOD.replace("see", "s\N{CYRILLIC SMALL LETTER IE}e"),
        "has no sign \N{CYRILLIC SMALL LETTER IE}",
    ),
    "a value of other texts": (GOOD + " {until}", r"has no value \{until\}"),
    "a value that nothing has": (GOOD + " {name}", r"has no value \{name\}"),
    "a place of a list": (GOOD + " {0}", "a brace holds something else"),
    "a part of a value": (GOOD.replace("{time}", "{time.hour}"), "a brace holds something else"),
    "an item of a value": (GOOD.replace("{time}", "{time[0]}"), r"has no sign \["),
    "a conversion": (GOOD.replace("{time}", "{time!r}"), "a brace holds something else"),
    "a width": (GOOD.replace("{time}", "{time:>99}"), "a brace holds something else"),
    "a value without a name": (GOOD + " {}", "a brace holds something else"),
    "a brace alone": (GOOD + " }", "a brace holds something else"),
    "two braces": (GOOD.replace("{time}", "{{time}}"), "a brace holds something else"),
    "a value with letters before it": (GOOD.replace(" {place}", " the{place}"), "by itself"),
    "a value with letters after it": (GOOD.replace("{place}.", "{place}py."), "by itself"),
    "a value that becomes an address": (GOOD.replace("{place}.", "{place}.com"), "by itself"),
    "no time": (GOOD.replace(" {time}", ""), r"\{time\} is missing"),
    "no date": (GOOD.replace("{date} ", ""), r"\{date\} is missing"),
    "no way to answer": (GOOD.replace(" {reply}", ""), r"\{reply\} is missing"),
    "no telephone": (GOOD.replace(" {phone}", ""), r"\{phone\} is missing"),
    "who writes not first": ("Hello, {sender}: {date} {time} {reply} {phone}", "who writes"),
    "an address": (f"{GOOD} http://harbor", "an address stands in it"),
    "a host": (f"{GOOD} See harbor.example", "an address stands in it: harbor.example"),
    "a host by its prefix": (f"{GOOD} www.harbor", "an address stands in it: www"),
    "a word that tells": (GOOD.replace("see", "treat your Ketamine"), "treated for: Ketamin"),
    "a word that tells in Spanish": (f"{GOOD} Terapia", "treated for: Terap"),
    "a word that tells in wide letters": (
        f"{GOOD} \N{FULLWIDTH LATIN SMALL LETTER I}op",
        "treated for: iop",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_words_that_cannot_be_used_are_refused_with_the_reason_and_a_way_out(case: str) -> None:
    words, why = REFUSED[case]
    with pytest.raises(NotUnderstood, match=why) as refused:
        fitting.judge(HARBOR, "en", "N-05.short", words)
    assert refused.value.fix
    assert refused.value.place == "words"


def test_words_that_fit_may_be_used_and_a_place_may_be_left_out() -> None:
    assert fitting.judge(HARBOR, "en", "N-05.short", GOOD.replace(", {place}", ""))
    room = LONGEST - len(fitting.judge(HARBOR, "en", "N-05.short", GOOD))
    just = GOOD.replace("see", f"s{'e' * (room + 2)}")
    assert len(fitting.judge(HARBOR, "en", "N-05.short", just)) == LONGEST
    with pytest.raises(NotUnderstood, match="it would have 161 characters"):
        fitting.judge(HARBOR, "en", "N-05.short", just.replace(" you ", " you, "))


@pytest.mark.parametrize("name", ["N-30.short", "N-35.short", "N-34.short", "stranger-crisis"])
def test_words_for_a_crisis_and_after_a_stop_are_the_same_everywhere(name: str) -> None:
    for language in LANGUAGES:
        with pytest.raises(RuleBroken, match=r"same in every clinic|law allows") as refused:
            fitting.judge(HARBOR, language, name, f"{texts_in(language)[name]} Bye.")
        assert refused.value.fix == "it stays as it was approved"


def test_what_is_read_after_signing_in_may_tell_and_be_longer_but_leads_nowhere() -> None:
    told = "We see you for your ketamine session on {date} at {time}. Call {phone}. " * 3
    assert fitting.judge(HARBOR, "en", "N-05.portal", told.strip())
    with pytest.raises(NotUnderstood, match="an address"):
        fitting.judge(HARBOR, "en", "N-05.portal", f"{told}bit.ly/x")


def test_a_text_that_nobody_has_approved_has_no_other_words() -> None:
    for language, name in (("vi", "N-05.short"), ("en", "N-99.short")):
        with pytest.raises(NotThere):
            fitting.judge(HARBOR, language, name, GOOD)


@pytest.mark.parametrize("part", ["sender", "place", "by-video"])
def test_a_name_or_a_place_is_short(part: str) -> None:
    assert fitting.judge(HARBOR, "en", part, "E" * 20)
    with pytest.raises(NotUnderstood, match="21 characters"):
        fitting.judge(HARBOR, "en", part, "E" * 21)


def test_a_text_that_stands_in_others_is_refused_where_one_of_them_gets_too_long() -> None:
    longer = "Please reply Y to confirm, R to change, N if you cannot come."
    with pytest.raises(NotUnderstood, match=r"N-05.day.short would have \d+ characters"):
        fitting.judge(HARBOR, "en", "reply.sms", longer)
    shorter = "Y to confirm, R to change, N if you cannot."
    own = "{sender}: we see you {date} from {time}, {visits} visits, {place}. {reply} {phone}"
    assert fitting.judge(clinic(reply_sms=shorter), "en", "N-05.day.short", own)
    with pytest.raises(NotUnderstood, match="it would have"):
        fitting.judge(HARBOR, "en", "N-05.day.short", own)
    both = clinic(reply_sms=shorter, N__05_day_short=own)
    with pytest.raises(NotUnderstood, match=r"N-05.day.short would have"):
        fitting.judge(both, "en", "reply.sms", texts_in("en")["reply.sms"])


def test_words_that_this_program_would_refuse_are_not_said() -> None:
    for bad in ("no values at all", "{time.hour}", GOOD + " {until}", ""):
        assert words_of(clinic(N__05_short=bad), "en", "N-05.short") == texts_in("en")["N-05.short"]
    assert words_of(clinic(N__05_short=GOOD), "en", "N-05.short") == GOOD
    with pytest.raises(NoText, match="N-99"):
        words_of(HARBOR, "en", "N-99.short")


def test_what_was_said_at_an_instant_is_found_again() -> None:
    noon = datetime(2027, 1, 4, 12, tzinfo=UTC)
    own = clinic(N__05_short=GOOD)
    older = GOOD.replace("see", "meet")
    changes = [["2027-01-03T12:00:00+00:00", ""], ["2027-01-05T12:00:00+00:00", older]]
    own.settings = {**own.settings, EARLIER: {"en": {"N-05.short": changes}}}
    found = [words_of(own, "en", "N-05.short", noon.replace(day=day)) for day in (2, 3, 4, 5, 6)]
    assert found == [texts_in("en")["N-05.short"], older, older, GOOD, GOOD]


PIECES = st.one_of(
    st.sampled_from(["{place}", "{visits}", "see you", "the", "rapy", "depr", "ession", "mental"]),
    st.text("abcdefgimnoprstuyz .,:;(\N{LATIN SMALL LETTER E WITH ACUTE}?", max_size=9),
)
NAMES = [name for name in texts_in("en") if wording.is_open(name) and not wording.why_fixed(name)]


@st.composite
def reworded(draw: st.DrawFn) -> tuple[str, str, str]:
    """An open text with pieces put into its approved words, or some of it taken out."""
    language, name = draw(st.sampled_from(LANGUAGES)), draw(st.sampled_from(NAMES))
    parts = texts_in(language)[name].split(" ")
    for piece in draw(st.lists(PIECES, max_size=4)):
        parts.insert(draw(st.integers(0, len(parts))), piece)
    if draw(st.booleans()):
        del parts[draw(st.integers(0, len(parts) - 1))]
    return language, name, " ".join(part for part in parts if part)


ZONES = (
    *("America/New_York", "America/Anchorage", "America/Sao_Paulo", "Europe/Madrid"),
    *("Asia/Kathmandu", "Pacific/Chatham"),
)
"""Zones of short names and of long ones, with another time in summer and without."""
SOMEWHERE = st.sampled_from(ZONES)
SAID = st.text("abcdeimnorstu -ABC123", max_size=20)


TIMES = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001  (Hypothesis adds the zone)
    datetime(2036, 1, 1),  # noqa: DTZ001  (Hypothesis adds the zone)
    timezones=st.just(UTC),
)


def is_taken(clinic: Clinic, text: tuple[str, str, str]) -> bool:
    """Whether the judge takes words that are not the approved ones."""
    language, name, words = text
    try:
        fitting.judge(clinic, language, name, words)
    except NotUnderstood:
        return False
    return words != texts_in(language)[name]


@given(reworded(), st.tuples(SAID, SAID), st.tuples(SOMEWHERE, SOMEWHERE), TIMES)
def test_whatever_is_accepted_fits_and_tells_nothing_wherever_and_whenever_it_is_said(
    text: tuple[str, str, str],
    said_of_it: tuple[str, str],
    zones: tuple[str, str],
    start: datetime,
) -> None:
    language, name, words = text
    (sender, place), (here, away) = said_of_it, zones
    settings = {"sender": sender, "phone": "(555) 555-0199", SETTING: {language: {name: words}}}
    harbor = Clinic(id="harbor", timezone=here, settings=settings)
    assume(is_taken(harbor, text))
    row = Appointment(start=start, end=start, stages=[], notes=[], activity="")  # type: ignore[call-arg]  # a row of no clinic
    told = Told(
        harbor,
        language,
        timing.zone(away),
        row,
        place=place,
        next_visit=start,
        visits=12,
        url=fitting.LONGEST_OF["url"],
        link=fitting.LONGEST_OF["link"],
    )
    for channel in ("sms", "e-mail"):
        said = contents.short_body(name, replace(told, channel=channel))
        assert len(said) <= LONGEST
        assert telling_words(said) == []
