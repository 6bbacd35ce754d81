"""Does a DKIM signature hold? A second opinion beside dkimpy's: RFC 6376's relaxed/relaxed by hand, RSA by cryptography."""

import base64
import hashlib
import re
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)


def new_key(bits: int = 2048) -> RSAPrivateKey:
    return generate_private_key(65_537, bits)


def pem(key: RSAPrivateKey, form: PrivateFormat = PrivateFormat.PKCS8) -> str:
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def record(key: RSAPrivateKey) -> str:
    """The key's TXT record in the DNS."""
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


def tags(text: str) -> dict[str, str]:
    """The tag list of a signature or a record, without spaces."""
    pairs = (part.split("=", 1) for part in re.sub(r"\s+", "", text).split(";") if "=" in part)
    return dict(pairs)


def headers(raw: bytes) -> list[tuple[str, str]]:
    """Names and values as they stand, folds included."""
    found: list[tuple[str, str]] = []
    for line in raw.split(b"\r\n\r\n", 1)[0].decode("ascii").split("\r\n"):
        if line[:1] in " \t":
            found[-1] = (found[-1][0], f"{found[-1][1]}\r\n{line}")
        else:
            name, _, value = line.partition(":")
            found.append((name, value))
    return found


def signature(raw: bytes) -> dict[str, str]:
    """The tags of the first signature."""
    return tags(next(value for name, value in headers(raw) if name.lower() == "dkim-signature"))


def holds(raw: bytes, records: Mapping[str, str]) -> bool:
    """Whether the first signature holds, with the key that these TXT records give (by name, without a final point)."""
    found = headers(raw)
    at, value = next((n, value) for n, (name, value) in enumerate(found) if name.lower() == "dkim-signature")
    told = tags(value)
    body = raw.split(b"\r\n\r\n", 1)[1]
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    canonical = b"\r\n".join(lines).rstrip(b"\r\n") + b"\r\n"
    if base64.b64encode(hashlib.sha256(canonical).digest()).decode() != told["bh"]:
        return False
    left = found[:at] + found[at + 1 :]
    signed = []
    for wanted in told["h"].lower().split(":"):
        place = next((n for n in range(len(left) - 1, -1, -1) if left[n][0].lower() == wanted), None)
        if place is not None:
            signed.append(_relaxed(*left.pop(place)))
    bare = re.sub(r"(;\s*b\s*=)[^;]*", r"\1", value)
    signed.append(_relaxed("dkim-signature", bare))
    public = load_der_public_key(base64.b64decode(tags(records[f"{told['s']}._domainkey.{told['d']}"])["p"]))
    assert isinstance(public, RSAPublicKey)
    try:
        public.verify(base64.b64decode(told["b"]), "\r\n".join(signed).encode(), PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _relaxed(name: str, value: str) -> str:
    return f"{name.lower()}:{re.sub(r'[ ' + chr(9) + r']+', ' ', value.replace(chr(13) + chr(10), '')).strip()}"
