from __future__ import annotations

import pytest

from schemas.formats import CHECKER


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("email", "ann.lee+x@mail.example.org"),
        ("hostname", "a-b.example.org"),
        ("ipv4", "192.168.0.1"),
        ("ipv6", "2001:db8::1"),
        ("uuid", "2EB8AA08-aa98-11ea-b4aa-73b441d16380"),
        ("date", "2024-02-29"),
        ("date-time", "2024-02-29T10:15:00"),
        ("date-time", "2024-02-29T10:15:00+02:00"),
        ("uri", "https://ann@ex.org:80/a%20b/?c=d&e#f"),
        ("uri", "http://[2001:db8::1]/"),
        ("iri", "https://ex.org/%C3%B6"),
        ("uri-reference", "HTTPS://EX.ORG"),
        ("date-time", "2024-02-29"),  # the page says no time
        ("phone", "+4722345678"),
        ("country", "NO"),
        ("language", "nb"),
        ("employment-type", "PART_TIME"),
        ("email", 5),  # a format constrains text alone
    ],
)
def test_what_a_format_lets_through(form: str, text: object) -> None:
    assert CHECKER.conforms(text, form)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("email", "ann@"),
        ("email", "a..b@example.org"),
        ("email", "ann@-x.org"),
        ("hostname", "a_b.org"),
        ("hostname", "a..org"),
        ("hostname", f"{'a' * 64}.org"),
        ("ipv4", "192.168.0.01"),
        ("ipv4", "192.168.0.256"),
        ("ipv6", "fe80::1%eth0"),
        ("uuid", "2eb8aa08aa9811eab4aa73b441d16380"),
        ("date", "2023-02-29"),
        ("date", "20240229"),
        ("date-time", "2024-02-29T25:00:00"),
        ("phone", "22 34 56 78"),
        ("country", "Norway"),
        ("language", "Norwegian"),
        ("employment-type", "Full time"),
        ("uri", "https://ex.org/a b"),
        ("uri", "https://ex.org/ö"),
        ("uri", "https://ex.org/100%"),
        ("uri", "/a/b"),
        ("uri", "https://ex.org:port/"),
    ],
)
def test_what_it_does_not(form: str, text: str) -> None:
    assert not CHECKER.conforms(text, form)
