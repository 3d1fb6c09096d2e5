"""Who may use the app: anybody on this machine, or those who sign in."""

from __future__ import annotations

import hmac
import ipaddress
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from schemas.errors import AccessRefused

__all__ = ["SignIn", "is_loopback", "sign_in", "users_in"]

SHORTEST_PASSWORD = 8
AFTER_A_WRONG_ONE_S = 0.5  # slows guessing down

SignIn = Callable[[str, str], bool]
"""Whether that user has that password."""


def sign_in(host: str, users: Path | None) -> SignIn | None:
    """How people sign in to an app at *host*; `None`: they need not.

    *users*: a file of `name:password` lines.

    Raises:
        AccessRefused: others could reach *host*, and there are no *users*; or their file is bad.
    """
    if users is None:
        if is_loopback(host):
            return None
        raise AccessRefused(
            f"whoever reaches {host} could use the app",
            hint="name a file of `user:password` lines with --users, or leave --host out",
        )
    known = users_in(users)

    def check(name: str, password: str) -> bool:
        expected = known.get(name, "")
        same = hmac.compare_digest(expected.encode(), password.encode("utf-8", "replace"))
        if not (same and expected):
            time.sleep(AFTER_A_WRONG_ONE_S)
            return False
        return True

    return check


def users_in(path: Path) -> Mapping[str, str]:
    """Name to password, from a file of `name:password` lines. Raises AccessRefused."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "that is no UTF-8"
        hint = "name a text file of `name:password` lines"
        raise AccessRefused(f"cannot read the users in {path}: {why}", hint=hint) from error
    users: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, password = line.partition(":")
        if not colon or not name.strip() or len(password) < SHORTEST_PASSWORD:
            raise AccessRefused(
                f"line {number} of {path} is no user",
                hint=f"write `name:password`, the password of {SHORTEST_PASSWORD} signs or more",
            )
        if name.strip() in users:
            twice = f"{path} names the user {name.strip()!r} twice"
            raise AccessRefused(twice, hint="take one of the two lines out")
        users[name.strip()] = password
    if not users:
        raise AccessRefused(f"{path} names no user", hint="write `name:password` lines")
    return users


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine can reach *host*."""
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
