"""Which addresses may be asked: pure rules on IP addresses, host names and URLs. No network.

A name passes here when it *may* be public; `transport` judges the addresses that it turns out to
have, and connects to those and no others.
"""

from __future__ import annotations

import ipaddress
import socket

import httpx

from schemas.errors import FetchRefused

__all__ = ["allowed_url", "is_public", "is_public_host", "private"]

_V4 = tuple(
    ipaddress.ip_network(network)
    # Reachable from inside a data centre only, though `ipaddress` calls them public; and the old
    # relays from IPv4 to IPv6.
    for network in ("192.0.0.0/24", "168.63.129.16/32", "192.88.99.0/24")
)
_V6 = tuple(
    ipaddress.ip_network(network)
    # Local NAT64, documentation and segment routing: newer Pythons alone know all of them.
    for network in ("64:ff9b:1::/48", "2001:db8::/32", "3fff::/20", "5f00::/16")
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_ISATAP = (0x5EFE, 0x200_5EFE)  # the half before the IPv4 address that such a tunnel leads to


def allowed_url(url: httpx.URL, *, allow_private: bool) -> httpx.URL:
    """*url* without its fragment, once its form is seen to be harmless.

    Raises:
        FetchRefused: not http(s), no host, an impossible port, a user name, or a host that is an
            address outside the public internet in whatever spelling.
    """
    if url.scheme not in ("http", "https") or not url.host:
        shown = f"{url.scheme}: addresses are" if url.scheme else "an incomplete address is"
        raise FetchRefused(f"{shown} not fetched", hint="give an http or https URL, or a path")
    if url.port is not None and not 0 < url.port < 65536:
        raise FetchRefused(f"there is no port {url.port}")
    if url.userinfo:
        raise FetchRefused("a URL with a user name in it", hint="leave the part before @ out")
    if not allow_private and not is_public_host(url.host):
        raise private(url.host)
    return url.copy_with(fragment=None)


def private(host: str) -> FetchRefused:
    """The refusal of *host*, an address or a name that has one."""
    hint = "if this is your own network: --allow-private, or FIELDWISE_ALLOW_PRIVATE=true"
    return FetchRefused(f"{host} is not on the public internet", hint=hint)


def is_public_host(host: str) -> bool:
    """Whether *host* is a public address, or a name that may have one.

    >>> is_public_host("0x7f.1"), is_public_host("printer.localhost"), is_public_host("ex.org")
    (False, False, True)
    """
    host = host.rstrip(".")
    if host.lower().rsplit(".", 1)[-1] == "localhost":
        return False
    try:
        return is_public(host)
    except ValueError:
        pass
    try:  # "127.1", "0x7f000001": addresses to the system's resolver
        return is_public(socket.inet_ntoa(socket.inet_aton(host)))
    except OSError:
        return True


def is_public(address: str) -> bool:
    """Whether *address*, as text, is on the public internet.

    An IPv6 address that stands for an IPv4 one is judged by that one; tunnels are not public.

    Raises:
        ValueError: it is no address.

    >>> is_public("8.8.8.8"), is_public("::ffff:8.8.8.8"), is_public("::ffff:10.0.0.1")
    (True, True, False)
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if (inner := ip.ipv4_mapped) is not None:
            return is_public(str(inner))
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        if _is_tunnel(ip) or ip.is_site_local or any(ip in network for network in _V6):
            return False
    elif any(ip in network for network in _V4):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _is_tunnel(ip: ipaddress.IPv6Address) -> bool:
    isatap = (int(ip) >> 32) & 0xFFFFFFFF in _ISATAP
    return isatap or ip.sixtofour is not None or ip.teredo is not None
