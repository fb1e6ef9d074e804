"""From where a request comes."""

from __future__ import annotations

import ipaddress
from collections.abc import MutableMapping
from typing import Any

FORWARDED = b"x-forwarded-for"
NETWORK_V6 = 64
"""Bits of an IPv6 address that tell one household from another."""


def address_of(scope: MutableMapping[str, Any]) -> str | None:
    """The address of the caller, an IPv6 one as its network; None for this machine itself.

    A proxy on this machine is believed about the address that it adds; whatever a caller writes before that is not.
    """
    peer = _read((scope.get("client") or ("", 0))[0])
    if peer is not None and not peer.is_loopback:
        return _named(peer)
    added = [value for name, value in scope["headers"] if name == FORWARDED]
    told = _read(added[-1].decode("latin-1").rpartition(",")[2].strip()) if added else None
    return _named(told) if told is not None and not told.is_loopback else None


def _read(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, ipaddress.IPv6Address) else found


def _named(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(address), NETWORK_V6), strict=False))
    return str(address)
