"""Who vouches for a mail? We do, by a DKIM signature (RFC 6376), where a key is set; else the relay is to.

Signed is what a mailbox provider asks for (the one-click headers among it, RFC 8058) and what could be turned against
the reader. Most names stand in ``h=`` once more than they are there, so that nobody can add a second one.
"""

from functools import lru_cache
from typing import Final

from alerts.wire import HEADERS
from settings import Settings, SettingsError, get_settings

# Each name once per header that is there, and once more where a second one would be read instead of ours.
SIGNED_ONCE: Final = ("Auto-Submitted", "MIME-Version")
SIGNED_TWICE: Final = tuple(name for name in HEADERS if name not in SIGNED_ONCE)
# Receivers refuse keys below 1024 bits, and the standard asks signers for 2048 (RFC 8301).
FEWEST_BITS: Final = 1024
# A digest leaves room for it (alerts.message.LARGEST): with a key of 4096 bits it has 1,150 bytes.
LONGEST: Final = 1_300


def signed(raw: bytes) -> bytes:
    """The mail with our signature before it, or as it is where no key is set. ``raw``: with CRLF, and final."""
    settings = get_settings()
    if settings.dkim_key is None:
        return raw
    import dkim

    header: bytes = dkim.sign(
        raw,
        selector=str(settings.dkim_selector).encode(),
        domain=signing_domain(settings).encode(),
        privkey=settings.dkim_key.get_secret_value().encode(),
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=[name.lower().encode() for name in (*SIGNED_TWICE, *SIGNED_TWICE, *SIGNED_ONCE)],
    )
    return header + raw


def signing_domain(settings: Settings) -> str:
    """``d=``: the domain of our sender's address, so that DMARC finds the two aligned."""
    return (settings.mail_from or "").rpartition("@")[2].lower()


def check_key() -> None:
    """See whether the key that is set can sign; to be asked at start. Raises SettingsError."""
    key = get_settings().dkim_key
    if key is not None:
        public_key(key.get_secret_value())


@lru_cache(maxsize=4)
def public_key(pem: str) -> tuple[int, int]:
    """Modulus and exponent of the public key that belongs to a private one. Raises SettingsError."""
    from dkim.crypto import UnparsableKeyError, parse_pem_private_key

    try:
        parts = parse_pem_private_key(pem.encode())
        modulus, exponent = int(parts["modulus"]), int(parts["publicExponent"])
    except (UnparsableKeyError, KeyError, ValueError, TypeError, IndexError):
        raise SettingsError("ANBUDSVAKT_DKIM_KEY: needs an RSA key in PEM, without a password") from None
    if modulus.bit_length() < FEWEST_BITS:
        raise SettingsError(f"ANBUDSVAKT_DKIM_KEY: has {modulus.bit_length()} bits; mailbox providers want 2048")
    return modulus, exponent
