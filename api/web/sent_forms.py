"""What a page's form has sent; files among it are left out."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Request

from scheduler.care.questionnaires import Questionnaire
from scheduler.errors import NotUnderstood


async def _every_value(request: Request) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in (await request.form()).multi_items():
        if isinstance(value, str):
            found.setdefault(name, []).append(value)
    return found


SentLists = Annotated[dict[str, list[str]], Depends(_every_value)]
"""Each field with all its values, in the order of the form; of each there is one at least."""


async def _last_values(sent: SentLists) -> dict[str, str]:
    return {name: values[-1] for name, values in sent.items()}


Sent = Annotated[dict[str, str], Depends(_last_values)]
"""Each field with its last value."""


def answers_of(asked: Questionnaire, sent: Mapping[str, str]) -> dict[str, int]:
    """The answers to a questionnaire, by the item; NotUnderstood for what is no small number."""
    given = {number: sent.get(f"item-{number}", "") for number in asked.numbers}
    for number, value in given.items():
        if value and not (value.isascii() and value.isdigit() and len(value) < 4):
            raise NotUnderstood(
                "an answer is a number", fix="choose one of those shown", place=f"item-{number}"
            )
    return {number: int(value) for number, value in given.items() if value}
