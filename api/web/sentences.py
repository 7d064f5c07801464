"""Sentences that the service writes down in English with values in them, said in a language.

A task, a gate, or why a message was held back is a sentence from the moment at which it arose. It
is recognised by how it is built, and its values go into the same sentence of the other language.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Final

from babel.dates import get_day_names, get_month_names

from api.web.texts import marked, said

SENTENCES: Final = (
    marked("none of your roles may do this ({names})"),
    marked("the consent {form} ({title}) is not signed"),
    marked("the consent {form} was signed too late for this dose"),
    marked("have it signed by {when}, or move the dose"),
    marked("week {number} has this dose and no psychotherapy"),
    marked("plan individual therapy in week {number}"),
    marked("nobody has recorded: {title}"),
    marked("{title} was answered with no"),
    marked("the {role} evaluates, and records whether it goes on"),
    marked("the ride home is not confirmed"),
    marked("the clinic has no licence for where the patient is ({state})"),
    marked("no sitter of at least {years} years is on record"),
    marked("nobody has looked at the prescription monitoring programme {when}"),
    marked("medicines to be looked at before this dose: {names}"),
    marked("the drug was not on site by {day}"),
    marked("{measure} has no baseline that is recent enough"),
    marked("{measure} has not been answered shortly before this dose"),
    marked("the {role} answers {measure}"),
    marked("a clinician asks the {measure} today"),
    marked("at risk: no unit of {service} is left on {day}"),
    marked("the screening does not know: {names}"),
    marked("no screening has been signed"),
    marked("complete the screening and let a clinician sign it"),
    marked("the screening found what forbids the treatment: every dose is held"),
    marked("the screening found what forbids the treatment: {names}"),
    marked("{item} was answered with yes and has not been cleared"),
    marked("{item} was answered with yes: clear it, or not"),
    marked("{role} gives the clearance {name}, or not"),
    marked("{role} gives the clearance {name}"),
    marked("{item} counts until {day} and the dose comes after"),
    marked("there is no clearance {name} ({title})"),
    marked("the clearance {name} is too old for a first dose on {day}"),
    marked("the clearance {name} ends on {day} and doses are planned after"),
    marked("the clearance {name} ended on {day}"),
    marked("the patient is on the level {title}, which holds no dose"),
    marked("no partner is named on a couples' pathway"),
    marked("the partner is not screened, or has not consented to the treatment"),
    marked("each partner is screened and signs for themselves"),
    marked("1 absence without notice: {says}"),
    marked("{number} absences without notice: {says}"),
    marked("call the patient today"),
    marked("talk with them"),
    marked("look at the plan together; nobody is discharged for this"),
    marked("look at the prescription monitoring programme by {day}"),
    marked("nobody has confirmed the ride home: call"),
    marked("the ride home is still not confirmed: hold the dose, or see to a ride"),
    marked("record the evaluation: {title}"),
    marked(
        "week {number} will not have the hours of its level: plan a make-up in the same "
        "week, move the dose, or accept a short week with a reason"
    ),
    marked("review the level of care, and justify a stay of more than {number} weeks"),
    marked("review the level of care"),
    marked("{measure} is due ({why})"),
    marked("verify the patient's cover: it is another from {day} on"),
    marked("verify the patient's cover again"),
    marked("verify the patient's cover"),
    marked("ask for more {service}: {left} of {units} left until {day}"),
    marked("thoughts of suicide were reported: ask the {measure} today"),
    marked("urgent: a high risk of suicide. See the patient now and record what is decided"),
    marked("{number} items of the screening are not known"),
    marked("{activity} {number} needs another time"),
    marked("{activity} {number} was missed: call and find another time"),
    marked("{activity} {number} was missed: {says}"),
    marked("asks for another time for {activity} {number}, {when}: please call"),
    marked("asks for another time for {activity} {number}, {when}: {then}, which was free then"),
    marked("{code} cannot stand: {says}"),
    marked("{code} breaks a rule: {says}"),
    marked("an appointment that is {status} is not moved"),
    marked("it is at version {number} by now"),
    marked("{code} stands already"),
    marked("{code} would have to go along, and is locked"),
    marked("{code} would be out of its window"),
    marked("{group} meets then"),
    marked("{group} meets no more from {day}"),
    marked("{code} was of a group that has ended"),
    marked("let the group go on first"),
    marked("{code} runs over until {time}"),
    marked("an appointment that is {status} takes no time"),
    marked("that is more than {number} hours longer than planned"),
    marked("there is a {kind} {name} already"),
    marked("let it meet {number} times a week"),
    marked("choose a multiple of {number} minutes"),
    marked("begin and end on a multiple of {number} minutes"),
    marked("week {number} has this dose and no psychotherapy session"),
    marked("plan one in that week"),
    marked("no preparation session ends before it"),
    marked("plan the preparation first"),
    marked("therapy begins {number} days before the first dose"),
    marked("begin therapy earlier"),
    marked("plan it from {first} to {last}"),
    marked("plan {name} {number} before this dose"),
    marked("{name} {number} is not planned before it"),
    marked("is planned on the day of a dose"),
    marked("plan it on another day"),
    marked("comes before {title} is answered"),
    marked("{number} days after the one before, not {least}"),
    marked("plan it later"),
    marked("{number} days after the dose of {when}"),
    marked("plan it at least {number} days later"),
    marked("a second dose on {when}"),
    marked("plan one of them on another day"),
    marked("dose {number} within the 7 days from {when}"),
    marked("plan it after those 7 days"),
    marked("ends {when}, closing {time}"),
    marked("end it {time} before"),
    marked("{name} gives another patient the drug {time} before"),
    marked("begin {time} apart, or with another nurse"),
    marked("begins before driving is allowed again ({when})"),
    marked("arrange a ride, or move it"),
    marked("papers are signed after a dose"),
    marked("begins after {activity} on the same day"),
    marked("plan it before, or on another day"),
    marked("the drug is given {when}"),
    marked("give it from {time} on"),
    marked("choose one of the nearest free times"),
    marked("look for another day"),
    marked("{words}, or say why it is set aside"),
    marked("{words}, or ask {who}"),
    marked("{resource} is taken at {when}"),
    marked("begins {when}"),
    marked("{number} sessions of plan {plan} have no time yet"),
    marked("somebody asks to set {rule} aside: {says}"),
    marked("something more important goes today"),
    marked("something more important goes in these days"),
    marked("not needed: it goes only if {fact}"),
    marked("no address of the {whom} is kept; the patient passes it on"),
    marked("no time within the hours for messages before it is too late"),
    marked("its appointment is not there"),
    marked("a video visit has a message of its own"),
    marked("nothing of it is so any more"),
    marked("its time had passed when it was planned"),
    marked("there is no plan {number}"),
    marked("plan {number} is not the last that was published"),
    marked("nobody has approved texts in this language"),
    marked("there is no such text"),
    marked("these words are for a crisis, and the same in every clinic"),
    marked("this is the one answer that the law allows after a stop"),
    marked("it stays as it was approved"),
    marked("there are no words"),
    marked("write some, or use the approved words again"),
    marked("spaces stand where nothing parts them"),
    marked("write one space between two words"),
    marked("it has {number} characters"),
    marked("write {number} at most"),
    marked("a sign stands in it that nobody sees ({sign})"),
    marked("write it on one line, with plain spaces"),
    marked("a text message has no sign {sign}"),
    marked("write it in other words"),
    marked("this text has no value {value}"),
    marked("it knows {values}"),
    marked("write it without braces"),
    marked("a brace holds something else than the name of a value"),
    marked("write each as one word in braces, as in the approved text"),
    marked("a value does not stand by itself"),
    marked("let a space stand before each value, and a space or a full stop after it"),
    marked("the value {value} is missing"),
    marked("let it stand somewhere"),
    marked("nobody would see first who writes"),
    marked("begin with {opening}"),
    marked("what must be said is missing: {part}"),
    marked("let it stand as it was approved"),
    marked("an address stands in it: {address}"),
    marked("write none but a value that is one; after a full stop stands a space"),
    marked("it tells what somebody is treated for: {word}"),
    marked("it lies open on telephones: say it without that word"),
    marked("it would have {number} characters with the longest values"),
    marked("{name} would have {number} characters with these words"),
    marked("write it so that it has {most} at most"),
)
"""The sentences, of two that fit the more particular first; braces hold values."""

VALUES: Final = (
    marked("consent outstanding"),
    marked("coverage missing"),
    marked("drug missing"),
    marked("evaluation missing"),
    marked("form missing"),
    marked("integration missing"),
    marked("measures due"),
    marked("missed"),
    marked("missed, undecided"),
    marked("present"),
    marked("ride confirmed"),
    marked("ride missing"),
    marked("screening outstanding"),
    marked("unconfirmed"),
    marked("unmoved"),
    marked("sitter"),
    marked("invited family"),
    marked("escort"),
)
"""What stands as a value in some of them, and is not translated as a word of its own."""


_DATE: Final = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?\d{1,2} "
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?: \d{4})?(?:,? \d{2}:\d{2})?"
)
"""A date as the service writes it into a sentence, with or without weekday, year and time."""


@lru_cache(maxsize=4_096)
def spoken(text: str, language: str) -> str:
    """A sentence of the service in a language; as it is where no sentence of ours is like it."""
    whole = said(text, language)
    if whole != text or language == "en":
        return whole
    for sentence, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found:
            values = {name: _value(value, language) for name, value in found.groupdict().items()}
            return said(sentence, language).format(**values)
    return text


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((sentence, re.compile("".join(_parts(sentence)))) for sentence in SENTENCES)


def _parts(sentence: str) -> Iterator[str]:
    """A sentence as a pattern: its words as they are, and something for each value."""
    for part in re.split(r"({\w+})", sentence):
        yield f"(?P<{part[1:-1]}>.+?)" if part.startswith("{") else re.escape(part)


def _value(text: str, language: str) -> str:
    """A value in a language: a date, a sentence of its own, a word; or as it is."""
    if _DATE.fullmatch(text):
        return re.sub("[A-Z][a-z]+", lambda name: _names(language)[name[0]], text)
    return spoken(text, language)


@cache
def _names(language: str) -> Mapping[str, str]:
    """Short names of days and months in a language, by the English ones."""
    return {
        name: table("abbreviated", locale=language)[number]
        for table in (get_day_names, get_month_names)
        for number, name in table("abbreviated", locale="en").items()
    }
