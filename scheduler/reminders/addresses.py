"""Telephone numbers in one spelling, so that the same number is known again."""

import phonenumbers

from scheduler.store.vault import vault


def normal_phone(written: str, region: str = "US") -> str | None:
    """A number as ``+15555550100``; None where it cannot be one."""
    try:
        found = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(found):
        return None
    return str(phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164))


def mark_of(written: str) -> str:
    """The keyed hash by which a number is found, whatever its spelling."""
    return vault().mark(normal_phone(written) or written.strip())
