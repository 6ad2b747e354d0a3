"""Reads `index_url`, strictly: what stands in an index is not for everybody on the line."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qs, urlsplit

_SCHEMES: Final = frozenset({"postgresql", "postgres"})
_URL_MAX: Final = 1_000
_CHECKED: Final = "verify-full"


def index_url(raw: object) -> str:
    """The URL of a PostgreSQL database, or none.

    Outside of this machine only over TLS whose certificate is checked; a password belongs into a
    file of its own (``passfile=``, or ``~/.pgpass``), because settings are shown to people.

    Raises:
        ValueError: it is none, or tells a secret, or goes over an open line.
    """
    if raw == "":
        return ""
    if not isinstance(raw, str) or len(raw) > _URL_MAX:
        raise ValueError("postgresql://…")
    parts = urlsplit(raw)
    if parts.scheme not in _SCHEMES:
        raise ValueError(f"{parts.scheme or '–'} ≠ postgresql://…")
    options = parse_qs(parts.query, keep_blank_values=True)
    if parts.password is not None or "password" in options:
        raise ValueError("password ∉ index_url: passfile=…, ~/.pgpass")
    named = parts.netloc.rpartition("@")[2].split(",")
    hosts = [_host(each) for each in named]
    hosts += [
        each for name in ("host", "hostaddr") for each in ",".join(options.get(name, [])).split(",")
    ]
    if options.get("sslmode") != [_CHECKED] and not all(map(_is_here, hosts)):
        raise ValueError(f"sslmode ≠ {_CHECKED}")
    return raw


def _host(place: str) -> str:
    """Of ``host:port``."""
    if place.startswith("["):
        return place[1:].partition("]")[0]
    return place.partition(":")[0]


def _is_here(host: str) -> bool:
    """Whether it is a socket of this machine, or its loopback."""
    if host in ("", "localhost") or host.startswith(("/", "%2F", "%2f", "@")):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
