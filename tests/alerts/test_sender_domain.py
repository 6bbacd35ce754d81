"""Does the self-check see what mailbox providers see of our domain, and say what is missing? (M4)"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from dkim_reading import new_key, pem, record
from dns_server import NameServer, Zone, name_server, zone_of
from sqlalchemy.engine import URL

import settings as settings_module
from alerts import sender_domain
from alerts.sender_domain import Dns, examine
from settings import SettingsError, get_settings

DOMAIN, BOUNCES = "anbudsvakt.example", "retur.anbudsvakt.example"
KEY = new_key(4096)  # its record is longer than one string of the DNS
OTHER = new_key()
NAME = f"post2026._domainkey.{DOMAIN}"
SPF = "v=spf1 include:_spf.relay.example -all"
TEXTS: Mapping[str, list[str]] = {
    BOUNCES: ["some-proof-of-ownership=1", SPF],
    "_spf.relay.example": ["v=spf1 ip4:192.0.2.0/24 -all"],
    NAME: [record(KEY)],
    f"_dmarc.{DOMAIN}": ["v=DMARC1; p=quarantine; rua=mailto:dmarc@anbudsvakt.example"],
}
MAIL = {DOMAIN: ["10 mx.anbudsvakt.example."], BOUNCES: ["10 mx.anbudsvakt.example.", "20 mx2.anbudsvakt.example."]}
ALL_WELL = dict.fromkeys(("spf", "dkim", "dmarc", "replies", "bounces"), "ok")


@pytest.fixture
def server(environment: pytest.MonkeyPatch) -> Iterator[NameServer]:
    """A name server of a domain that is in order, and settings that ask it."""
    with name_server(zone_of(TEXTS, MAIL)) as running:
        use(
            environment,
            DNS_SERVER=running.address,
            BOUNCE_DOMAIN=BOUNCES,
            LMTP_PORT="2424",
            DKIM_KEY=pem(KEY),
            DKIM_SELECTOR="post2026",
        )
        yield running


def use(environment: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        environment.setenv(f"ANBUDSVAKT_{name}", value)
    settings_module.get_settings.cache_clear()


def found() -> dict[str, tuple[str, str]]:
    settings = get_settings()
    return {one.what: (one.state, one.told) for one in examine(settings, Dns(settings.dns_server))}


def test_m4_a_domain_in_order_is_well(server: NameServer) -> None:
    assert {what: state for what, (state, _) in found().items()} == ALL_WELL
    assert (NAME, "TXT") in server.asked[server.asked.index((NAME, "TXT")) + 1 :]  # the long record came over TCP


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One record that is not as it should be, and what must be said of it."""

    name: str
    says: list[str]
    what: str
    state: str
    told: str


FAULTS = [
    Fault(name=BOUNCES, says=[], what="spf", state="missing", told="has no SPF record"),
    Fault(name=BOUNCES, says=["v=spf10 -all", "V=SPF2 -all"], what="spf", state="missing", told="has no SPF record"),
    Fault(name=BOUNCES, says=[SPF, SPF], what="spf", state="wrong", told="2 SPF records"),
    Fault(name=BOUNCES, says=["v=spf1 a +all"], what="spf", state="wrong", told="lets anybody send"),
    Fault(name=BOUNCES, says=["v=spf1 a ?all"], what="spf", state="wrong", told="lets anybody send"),
    Fault(name=BOUNCES, says=["v=spf1 a mx"], what="spf", state="wrong", told="does not end in"),
    Fault(name=BOUNCES, says=["v=spf1 -all"], what="spf", state="wrong", told="allows nobody"),
    Fault(name=BOUNCES, says=["v=spf1 " + "a " * 11 + "-all"], what="spf", state="wrong", told="needs 11 look-ups"),
    Fault(name=BOUNCES, says=["v=spf1 redirect=_spf.relay.example"], what="spf", state="ok", told="redirect"),
    Fault(name=BOUNCES, says=["V=SPF1 A MX ~ALL"], what="spf", state="ok", told="~ALL"),
    Fault(
        name="_spf.relay.example", says=["v=spf1 " + "a mx exists:x.example " * 4 + "~all"],
        what="spf", state="wrong", told="needs 13 look-ups",
    ),
    Fault(name="_spf.relay.example", says=[f"v=spf1 include:{BOUNCES} ~all"], what="spf", state="ok", told=""),
    Fault(name=NAME, says=[], what="dkim", state="missing", told="has no key"),
    Fault(name=NAME, says=["v=DKIM1; p="], what="dkim", state="wrong", told="revoked"),
    Fault(name=NAME, says=[record(OTHER)], what="dkim", state="wrong", told="not the one"),
    Fault(name=NAME, says=["v=DKIM1; p=AAAA"], what="dkim", state="wrong", told="not the one"),
    Fault(name=NAME, says=["v=DKIM1; k=ed25519; p=AAAA"], what="dkim", state="wrong", told="ed25519"),
    Fault(name=NAME, says=[record(KEY) + "; t=y"], what="dkim", state="wrong", told="test"),
    Fault(name=NAME, says=[record(KEY), record(OTHER)], what="dkim", state="wrong", told="2 keys"),
    Fault(name=NAME, says=[record(KEY).replace("v=DKIM1; k=rsa; ", "")], what="dkim", state="ok", told="we sign"),
    Fault(name=f"_dmarc.{DOMAIN}", says=[], what="dmarc", state="missing", told="has no record"),
    Fault(name=f"_dmarc.{DOMAIN}", says=["v=DMARC1; p=none"], what="dmarc", state="ok", told="asks nobody to act"),
    Fault(name=f"_dmarc.{DOMAIN}", says=["v=DMARC1; rua=mailto:a@b.example"], what="dmarc", state="wrong", told="p= is"),
    Fault(name=f"_dmarc.{DOMAIN}", says=["v=DMARC1; p=none"] * 2, what="dmarc", state="wrong", told="2 records"),
    Fault(name=f"_dmarc.{DOMAIN}", says=["v=DMARC1; p=reject; aspf=s"], what="dmarc", state="wrong", told="not aligned"),
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.what} {' '.join(fault.says)[:40] or 'none'}")
def test_m4_each_fault_is_named_and_nothing_else(server: NameServer, fault: Fault) -> None:
    says = fault.says if len(fault.says) < 2 or fault.says[0] != fault.says[1] else [fault.says[0], fault.says[1] + " "]
    server.zone = zone_of({**TEXTS, fault.name: says}, MAIL)
    told = found()
    state, words = told[fault.what]
    assert state == fault.state
    assert fault.told in words
    assert {what: told[what][0] for what in told if what != fault.what} == {
        what: "ok" for what in ALL_WELL if what != fault.what
    }


def test_m4_a_record_above_the_domain_counts(server: NameServer, environment: pytest.MonkeyPatch) -> None:
    use(environment, MAIL_FROM="varsel@post.anbudsvakt.example", DKIM_KEY="", DKIM_SELECTOR="")
    assert found()["dmarc"] == ("ok", "_dmarc.anbudsvakt.example: quarantine")
    server.zone = zone_of({**TEXTS, f"_dmarc.{DOMAIN}": ["v=DMARC1; p=reject; sp=none"]}, MAIL)
    assert "none" in found()["dmarc"][1]


@pytest.mark.parametrize(
    ("variables", "what", "state", "told"),
    [
        ({"BOUNCE_DOMAIN": ""}, "bounces", "missing", "nobody reads"),
        ({"LMTP_PORT": ""}, "bounces", "wrong", "neither"),
        ({"BOUNCE_DOMAIN": "retur.annen.example"}, "dmarc", "wrong", "not aligned"),
        ({"BOUNCE_DOMAIN": "retur.annen.example"}, "bounces", "missing", "no MX"),
        ({"DKIM_KEY": "", "DKIM_SELECTOR": ""}, "dkim", "missing", "DKIM_SELECTOR"),
        ({"DKIM_KEY": ""}, "dkim", "ok", "the relay is to sign"),
    ],
)
def test_m4_settings_that_do_not_fit_are_named(
    server: NameServer, environment: pytest.MonkeyPatch, variables: dict[str, str], what: str, state: str, told: str
) -> None:
    use(environment, **variables)
    assert found()[what][0] == state
    assert told in found()[what][1]


def test_m4_a_domain_that_takes_no_mail_is_wrong(server: NameServer) -> None:
    server.zone = zone_of(TEXTS, {**MAIL, DOMAIN: ["0 ."]})
    assert found()["replies"][0] == "wrong"


def test_m4_silence_is_not_taken_for_an_answer(server: NameServer, environment: pytest.MonkeyPatch) -> None:
    environment.setattr(sender_domain, "ASK_S", 0.5)
    server.silent = {NAME}
    assert found()["dkim"] == ("wrong", f"the DNS does not answer for {NAME}: LifetimeTimeout")
    assert found()["spf"][0] == "ok"


@pytest.mark.parametrize("server", ["127.0.0.1", "[::1]", "[::1]:5353", "192.0.2.53:53"])
def test_m4_a_dns_server_is_named_by_address(environment: pytest.MonkeyPatch, server: str) -> None:
    use(environment, DNS_SERVER=server)
    Dns(get_settings().dns_server)


@pytest.mark.parametrize("server", ["dns.example", "::1", "127.0.0.1:", "127.0.0.1:53:53"])
def test_m4_a_dns_server_that_is_none_is_refused_at_start(environment: pytest.MonkeyPatch, server: str) -> None:
    use(environment, DNS_SERVER=server)
    with pytest.raises(SettingsError, match="ANBUDSVAKT_DNS_SERVER"):
        get_settings()


def doctor() -> tuple[int, dict[str, str], str]:
    done = subprocess.run(
        [sys.executable, "-m", "cli", "doctor", "mail", "--json"], capture_output=True, text=True, check=False
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, {row["what"]: row["state"] for row in rows}, done.stdout + done.stderr


def test_m4_the_command_says_what_is_missing_and_ends_with_1(server: NameServer, database: URL) -> None:
    assert doctor()[:2] == (0, ALL_WELL)
    empty: Zone = zone_of({DOMAIN: ["hello"]})
    server.zone = empty
    code, told, words = doctor()
    assert (code, set(told.values())) == (1, {"wrong"})
    assert "v=DMARC1; p=quarantine" in words
    assert "PRIVATE KEY" not in words
