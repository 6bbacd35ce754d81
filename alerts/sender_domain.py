"""What does the DNS say of our sender's domain? SPF, DKIM, DMARC and the way back, and what is missing (M4).

Gmail and Yahoo ask for all three since 2024, Outlook.com since May 2025 (550 5.7.515), and one day's 5,000 mails to
Gmail make a sender a large one for good: so we ask for them at any volume.
"""

import base64
import binascii
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from alerts.signature import public_key, signing_domain
from settings import Settings

ASK_S: Final = 5.0
SPF_LOOKUPS: Final = 10  # RFC 7208, 4.6.4: more of them is a permanent error
_ASKING: Final = ("include", "a", "mx", "ptr", "exists", "redirect")


class Amiss(Exception):  # noqa: N818 - a state of a record, told by its name
    """Raised for a record that harms delivery as it is; also when the DNS does not answer at all."""


class Missing(Amiss):
    """Raised for a record that should be there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainFinding:
    """One thing asked of the DNS. ``state``: ok, missing (should be there) or wrong (harms delivery)."""

    what: str
    state: str
    told: str


class Dns:
    """A resolver: the system's, or the one server that the settings name."""

    def __init__(self, server: str | None) -> None:
        from dns.resolver import Resolver

        self._resolver = Resolver(configure=server is None)
        self._resolver.lifetime = ASK_S
        if server is not None:
            # An address in brackets has colons of its own (IPv6); the settings see to the form.
            host, _, port = server.rpartition(":") if server[-1] != "]" and ":" in server else (server, "", "53")
            self._resolver.nameservers = [host.strip("[]")]
            self._resolver.port = int(port)

    def texts(self, name: str) -> list[str]:
        """TXT records of a name, the pieces of each put together; none where there are none. Raises Amiss."""
        return [b"".join(answer.strings).decode("ascii", "replace") for answer in self._ask(name, "TXT")]

    def mail_hosts(self, name: str) -> list[str]:
        """The hosts that take mail for a domain, the first one first; "." for a domain that takes none."""
        found = sorted((answer.preference, str(answer.exchange)) for answer in self._ask(name, "MX"))
        return [host for _, host in found]

    def _ask(self, name: str, kind: str) -> list[Any]:
        from dns.exception import DNSException
        from dns.resolver import NXDOMAIN, NoAnswer

        try:
            return list(self._resolver.resolve(name, kind, search=False))
        except (NXDOMAIN, NoAnswer):
            return []
        except DNSException as trouble:
            raise Amiss(f"the DNS does not answer for {name}: {type(trouble).__name__}") from None


def examine(settings: Settings, dns: Dns) -> Iterator[DomainFinding]:
    """Ask for everything that mailbox providers ask for."""
    domain = signing_domain(settings)
    envelope = settings.bounce_domain or domain
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("spf", lambda: _spf(dns, envelope)),
        ("dkim", lambda: _dkim(dns, settings, domain)),
        ("dmarc", lambda: _dmarc(dns, domain, envelope)),
        ("replies", lambda: _way_back(dns, domain, "answers of subscribers")),
        ("bounces", lambda: _bounces(dns, settings)),
    )
    for what, check in checks:
        try:
            state, told = "ok", check()
        except Amiss as amiss:
            state, told = "missing" if isinstance(amiss, Missing) else "wrong", str(amiss)
        yield DomainFinding(what=what, state=state, told=told)


def _spf(dns: Dns, domain: str) -> str:
    """The envelope's domain is the one that SPF is asked about (RFC 7208)."""
    found = [text for text in dns.texts(domain) if text.lower().split(" ")[0] == "v=spf1"]
    if not found:
        raise Missing(f"{domain} has no SPF record: add a TXT record `v=spf1 include:<your relay> -all`")
    if len(found) > 1:
        raise Amiss(f"{domain} has {len(found)} SPF records, which counts as none: leave one")
    terms = found[0].lower().split()[1:]
    end = next((term for term in terms if term.lstrip("+-~?") == "all"), "")
    if end in {"all", "+all", "?all"}:
        raise Amiss(f"{domain}: `{end}` lets anybody send in its name: end the record in `-all` or `~all`")
    if not end and not any(term.startswith("redirect=") for term in terms):
        raise Amiss(f"{domain}: the record does not end in `-all` or `~all`")
    if all(term.lstrip("+-~?") == "all" for term in terms):
        raise Amiss(f"{domain}: the record allows nobody to send, our relay neither")
    lookups = _lookups(dns, found[0], frozenset({domain}))
    if lookups > SPF_LOOKUPS:
        raise Amiss(f"{domain}: the record needs {lookups} look-ups, and {SPF_LOOKUPS} are allowed")
    return f"{domain}: {found[0]}"


def _lookups(dns: Dns, record: str, seen: frozenset[str]) -> int:
    """How many questions a receiver must ask to read this record."""
    count = 0
    for term in record.lower().split()[1:]:
        name, _, target = term.lstrip("+-~?").replace("=", ":", 1).partition(":")
        name = name.partition("/")[0]
        if name not in _ASKING:
            continue
        count += 1
        if name in {"include", "redirect"} and target and target not in seen and len(seen) <= SPF_LOOKUPS:
            inner = [text for text in dns.texts(target) if text.lower().startswith("v=spf1")]
            count += sum(_lookups(dns, text, seen | {target}) for text in inner)
    return count


def _dkim(dns: Dns, settings: Settings, domain: str) -> str:
    if settings.dkim_selector is None:
        raise Missing("ANBUDSVAKT_DKIM_SELECTOR is not set: nobody can tell whether the relay's signature is in order")
    name = f"{settings.dkim_selector}._domainkey.{domain}"
    found = [_tags(text) for text in dns.texts(name)]
    keys = [tags for tags in found if "p" in tags]
    if not keys:
        raise Missing(f"{name} has no key: add the TXT record that belongs to our or the relay's signature")
    if len(keys) > 1:
        raise Amiss(f"{name} has {len(keys)} keys: leave one")
    [tags] = keys
    if not tags["p"]:
        raise Amiss(f"{name}: the key is revoked (p= is empty)")
    if tags.get("k", "rsa") == "rsa" and settings.dkim_key is not None:
        ours = public_key(settings.dkim_key.get_secret_value())
        if _published(tags["p"]) != ours:
            raise Amiss(f"{name}: the key is not the one that ANBUDSVAKT_DKIM_KEY signs with")
    elif settings.dkim_key is not None:
        raise Amiss(f"{name}: the key is of kind {tags['k']}, and ours is rsa")
    if "y" in tags.get("t", "").split(":"):
        raise Amiss(f"{name}: marked as a test (t=y), so that receivers may leave it out of account")
    signs = "we sign" if settings.dkim_key is not None else "the relay is to sign"
    return f"{name}: {signs}"


def _dmarc(dns: Dns, domain: str, envelope: str) -> str:
    """The domain's own record, or that of a domain above it."""
    labels = domain.split(".")
    for place in range(len(labels) - 1):
        at = ".".join(labels[place:])
        found = [text for text in dns.texts(f"_dmarc.{at}") if _tags(text).get("v") == "DMARC1"]
        if found:
            break
    else:
        raise Missing(f"_dmarc.{domain} has no record: add a TXT record `v=DMARC1; p=quarantine; rua=mailto:…`")
    if len(found) > 1:
        raise Amiss(f"_dmarc.{at} has {len(found)} records, which counts as none: leave one")
    tags = _tags(found[0])
    policy = tags.get("sp", tags.get("p", "")) if at != domain else tags.get("p", "")
    if policy not in {"none", "quarantine", "reject"}:
        raise Amiss(f"_dmarc.{at}: p= is neither none, quarantine nor reject")
    # Two labels in common are taken for one organisation; the list of public suffixes would know better.
    related = envelope.split(".")[-2:] == domain.split(".")[-2:]
    if not related or (tags.get("aspf") == "s" and envelope != domain):
        raise Amiss(
            f"_dmarc.{at}: the envelope's domain {envelope} is not aligned with {domain}, so SPF counts for nothing"
        )
    if policy == "none":
        return f"_dmarc.{at}: {policy} (asks nobody to act; quarantine is better once the reports are clean)"
    return f"_dmarc.{at}: {policy}"


def _way_back(dns: Dns, domain: str, what: str) -> str:
    hosts = dns.mail_hosts(domain)
    if not hosts:
        raise Missing(f"{domain} has no MX record: {what} go nowhere")
    if hosts == ["."]:
        raise Amiss(f"{domain} says that it takes no mail: {what} go nowhere")
    return f"{domain}: {', '.join(host.rstrip('.') for host in hosts)}"


def _bounces(dns: Dns, settings: Settings) -> str:
    if settings.bounce_domain is None:
        raise Missing("ANBUDSVAKT_BOUNCE_DOMAIN is not set: nobody reads what comes back")
    if settings.lmtp_port is None and settings.bounce_maildir is None:
        raise Amiss("ANBUDSVAKT_BOUNCE_DOMAIN is set, but neither an LMTP port nor a Maildir to read from")
    return _way_back(dns, settings.bounce_domain, "returned mails and complaints")


def _tags(text: str) -> dict[str, str]:
    pairs: Sequence[str] = text.split(";")
    return {
        name.strip(): "".join(value.split())
        for name, _, value in (pair.partition("=") for pair in pairs)
        if value or name.strip() == "p"
    }


def _published(encoded: str) -> tuple[int, int] | None:
    """Modulus and exponent of a key as it stands in the DNS; None where it cannot be read."""
    from dkim.crypto import UnparsableKeyError, parse_public_key

    try:
        parts = parse_public_key(base64.b64decode(encoded, validate=True))
        return int(parts["modulus"]), int(parts["publicExponent"])
    except (UnparsableKeyError, binascii.Error, KeyError, ValueError, TypeError, IndexError):
        return None
