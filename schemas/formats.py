"""The `format`s that a value can be held to, and what is checked for each.

A check may refuse what a generous reading of the standard would let through; it never lets
through what the standard refuses, but for "date-time": RFC 3339 wants a time and an offset from
UTC, which pages hardly ever print, and which are not made up: without them, what is said passes.

Our own formats are those that `extractors.values.forms` reads texts into: "phone" (E.164),
"country" (ISO 3166, two letters), "language" (ISO 639, two letters), "employment-type" (as
schema.org names them).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from ipaddress import IPv4Address, IPv6Address

from jsonschema import FormatChecker

__all__ = ["CHECKER", "EMPLOYMENT_TYPES", "INTEGER_RANGES", "NUMBER_FORMATS", "TEXT_FORMATS"]

NUMBER_FORMATS = frozenset({"float", "double", "decimal"})
"""Formats of OpenAPI that only say how a number is kept in memory."""

INTEGER_RANGES: Mapping[str, tuple[int, int]] = {
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint32": (0, 2**32 - 1),
    "uint64": (0, 2**64 - 1),
}
"""Least and greatest value of OpenAPI's integer formats."""

_LABEL = r"(?!..--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_MAILBOX = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(.+)")
_UUID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
_CHAR = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_WEB_ADDRESS = re.compile(
    rf"https?://(?:(?:(?!@){_CHAR})*@)?"
    r"(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(?::\d*)?"
    rf"(?:/{_CHAR}*)*(?:\?(?:{_CHAR}|[/?])*)?(?:\#(?:{_CHAR}|[/?])*)?",
    re.IGNORECASE | re.ASCII,
)
_FULL_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _is_date(text: str) -> bool:
    return _FULL_DATE.fullmatch(text) is not None and date.fromisoformat(text) is not None


def _is_moment(text: str) -> bool:
    day, _, _ = text.partition("T")
    return _is_date(day) and datetime.fromisoformat(text) is not None


def _is_web_address(text: str) -> bool:
    """An absolute http or https URI in ASCII: at once a `uri`, a `uri-reference` and an `iri`."""
    return _WEB_ADDRESS.fullmatch(text) is not None


def _is_mailbox(text: str) -> bool:
    match = _MAILBOX.fullmatch(text)
    return match is not None and _is_host_name(match[1])


def _is_host_name(text: str) -> bool:
    return _HOST_NAME.fullmatch(text) is not None


def _is_ipv4(text: str) -> bool:
    return text.isascii() and str(IPv4Address(text)) == text


def _is_ipv6(text: str) -> bool:
    return text.isascii() and "%" not in text and IPv6Address(text) is not None


def _is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None


def _is_phone(text: str) -> bool:
    return re.fullmatch(r"\+[1-9][0-9]{6,14}", text) is not None


def _is_country(text: str) -> bool:
    return re.fullmatch("[A-Z]{2}", text) is not None


def _is_language(text: str) -> bool:
    return re.fullmatch("[a-z]{2}", text) is not None


def _is_employment_type(text: str) -> bool:
    return text in EMPLOYMENT_TYPES


EMPLOYMENT_TYPES = (
    "FULL_TIME",
    "PART_TIME",
    "CONTRACTOR",
    "TEMPORARY",
    "INTERN",
    "VOLUNTEER",
    "PER_DIEM",
)
"""What schema.org's `employmentType` holds."""

TEXT_FORMATS: Mapping[str, Callable[[str], bool]] = {
    "email": _is_mailbox,
    "hostname": _is_host_name,
    "ipv4": _is_ipv4,
    "ipv6": _is_ipv6,
    "uuid": _is_uuid,
    "phone": _is_phone,
    "country": _is_country,
    "language": _is_language,
    "employment-type": _is_employment_type,
}
"""Formats of plain text: a quote of another form counts as absent."""

_NORMALISED: Mapping[str, Callable[[str], bool]] = {
    "date": _is_date,
    "date-time": _is_moment,
    "uri": _is_web_address,
    "uri-reference": _is_web_address,
    "iri": _is_web_address,
}


def _checker() -> FormatChecker:
    checker = FormatChecker(formats=())
    for name, check in {**TEXT_FORMATS, **_NORMALISED}.items():
        checker.checkers[name] = (_for_text(check), ValueError)
    return checker


def _for_text(check: Callable[[str], bool]) -> Callable[[object], bool]:
    """A format constrains text alone; what else may stand there is for `type` to say."""
    return lambda value: not isinstance(value, str) or check(value)


CHECKER = _checker()
"""For jsonschema's validators: every format that Fieldwise honours, and no other."""
