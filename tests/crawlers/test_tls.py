"""Is a portal's certificate looked at? Scrapy's default takes any; ours takes one that is valid for that name."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from crawl_child import fetch
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from loopback import Portal, Reply

HELLO = Reply(body=b"hei")
HERE = x509.IPAddress(ip_address("127.0.0.1"))
ELSEWHERE = x509.DNSName("portal.example")


class Authority:
    """Issues certificates that whoever trusts ``pem`` takes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        authority = self._issue(self._name, self._key, days=1, usable_as_authority=True, names=[])
        self.pem = folder / "authority.pem"
        self.pem.write_bytes(authority.public_bytes(serialization.Encoding.PEM))

    def server(self, name: x509.GeneralName, *, days: int = 1) -> ssl.SSLContext:
        """What a server for this name shows; ``days`` below zero: it ran out so long ago."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test portal")])
        certificate = self._issue(subject, key, days=days, usable_as_authority=False, names=[name])
        path = self._folder / f"{id(key)}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _issue(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        *,
        days: int,
        usable_as_authority: bool,
        names: list[x509.GeneralName],
    ) -> x509.Certificate:
        until = datetime.now(UTC) + timedelta(days=days)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(until - timedelta(days=2))
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=usable_as_authority, path_length=None), critical=True)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, hashes.SHA256())


@pytest.mark.timeout(60)
def test_only_a_valid_certificate_for_that_name_is_talked_to(tmp_path: Path) -> None:
    (tmp_path / "known").mkdir()
    (tmp_path / "unknown").mkdir()
    known, unknown = Authority(tmp_path / "known"), Authority(tmp_path / "unknown")
    with (
        Portal(lambda _: HELLO, tls=known.server(HERE)) as valid,
        Portal(lambda _: HELLO, tls=known.server(ELSEWHERE)) as other_name,
        Portal(lambda _: HELLO, tls=known.server(HERE, days=-1)) as run_out,
        Portal(lambda _: HELLO, tls=unknown.server(HERE)) as nobody_knows,
    ):
        doors = [portal.url for portal in (valid, other_name, run_out, nobody_knows)]
        told = fetch(*doors, doors=doors, env={"SSL_CERT_FILE": str(known.pem)})
    assert told["heard"][0] == 200
    assert len(valid.log) == 2
    for portal, answer in zip((other_name, run_out, nobody_knows), told["heard"][1:], strict=True):
        assert "Refused" in answer
        assert portal.log == []  # not even the path we wanted was told
