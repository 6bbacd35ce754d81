"""Digests for tests, as the database would give them: a Norwegian and a Swedish firm, and a row of odd entries."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from few_names import NAMES as NAMES  # noqa: PLC0414 - whoever makes views has them named too

from alerts.view import Change, DigestView, Entry, NearMiss, PortalLink, Reason, Side, SourceRead, Strength
from classifier.demands import Demand

AS_OF = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)  # 07.00 in Oslo and Stockholm
MAIL: Mapping[str, Any] = {
    "sender": "varsel@anbudsvakt.example",
    "sender_name": "Anbudsvakt",
    "recipient": "post@trondersveis.example",
    "message_id": "<digest-7@anbudsvakt.example>",
    "list_id": "digest.anbudsvakt.example",
    "sent_at": AS_OF,
}


def make_reason(**values: Any) -> Reason:
    """A very strong reason with both quotations."""
    return Reason(
        **{
            "profile": "Sveising",
            "score": 0.93,
            "strength": Strength.VERY_STRONG,
            "notice_sentence": "Leverandøren skal utføre sveising av bærende stålkonstruksjoner i EXC3.",
            "notice_language": "nb",
            "profile_sentence": "Vi sveiser bærende konstruksjoner etter NS-EN 1090, EXC3.",
            "words": (("sveising", "sveiser"), ("EXC3", "EXC3")),
            **values,
        }
    )


def make_entry(**values: Any) -> Entry:
    """A Norwegian framework competition due in six days, on two portals."""
    return Entry(
        **{
            "alert_id": 1,
            "procurement_id": 1,
            "kind": "competition",
            "side": Side.HOME,
            "title": "Rammeavtale sveisearbeid og stålkonstruksjoner, Værnes",
            "language": "nb",
            "buyer": "Forsvarsbygg",
            "country": "NO",
            "nuts": ("NO060",),
            "nationwide": False,
            "cpv": ("45262680", "45223100"),
            "amount": Decimal(4_200_000),
            "currency": "NOK",
            "published_at": datetime(2026, 11, 20, 8, 0, tzinfo=UTC),
            "deadline_at": datetime(2026, 11, 28, 11, 0, tzinfo=UTC),
            "deadline_kind": "tender",
            "deadline_date_only": False,
            "procedure_type": "open",
            "framework": True,
            "security_clearance": True,
            "scope": "defence",
            "cancelled": False,
            "reasons": (make_reason(),),
            "changes": (),
            "links": (
                PortalLink(source="Doffin", number="2026-112233", url="https://doffin.example/notices/2026-112233"),
                PortalLink(source="TED", number="612345-2026", url="https://ted.example/notice/612345-2026"),
            ),
            "demands": (Demand(key="1090", quote="NS-EN 1090-2", held=True),),
            "calendar_url": "https://anbudsvakt.example/e/1.abcdefghijklmnopqrstuvwxyz12.ics",
            "verdict_url": "https://anbudsvakt.example/v/1.abcdefghijklmnopqrstuvwxyz12",
            **values,
        }
    )


def make_view(**values: Any) -> DigestView:
    """A Norwegian firm's daily digest with one entry."""
    return DigestView(
        **{
            "digest_id": 7,
            "company": "Trøndersveis AS",
            "language": "nb",
            "country": "NO",
            "day": date(2026, 11, 22),
            "as_of": AS_OF,
            "cadence": "daily",
            "notices_read": 214,
            "sources": (
                SourceRead(name="Doffin", read=True, read_at=AS_OF - timedelta(hours=1)),
                SourceRead(name="TED", read=True, read_at=AS_OF - timedelta(hours=1)),
                SourceRead(name="Kommers Annons", read=True, read_at=AS_OF - timedelta(days=1)),
                SourceRead(name="NSPA", read=False, read_at=None),
            ),
            "entries": (make_entry(),),
            "changed": (),
            "near_misses": (),
            "near_misses_left_out": 0,
            "page_url": "https://anbudsvakt.example/d/Nw.abcdefghijklmnopqrstu",
            "unsubscribe_url": "https://anbudsvakt.example/u/OQ.abcdefghijklmnopqrstu",
            "one_click_url": "https://anbudsvakt.example/u/OQ.abcdefghijklmnopqrstu",
            **values,
        }
    )


def no_deadline(**values: Any) -> Entry:
    """An entry of which the portal told next to nothing."""
    empty = dict.fromkeys(("buyer", "country", "amount", "currency", "published_at", "deadline_at", "deadline_kind"))
    unsaid = dict.fromkeys(("procedure_type", "framework", "security_clearance", "scope", "calendar_url"))
    return make_entry(**{**empty, **unsaid, "nuts": (), "cpv": (), "links": (), "demands": (), **values})


SWEDISH_WORKSHOP = make_entry(
    alert_id=2,
    procurement_id=2,
    side=Side.NEIGHBOUR,
    title="Ramavtal mekanisk verkstad och underhåll av fordon",
    language="sv",
    buyer="Försvarets materielverk",
    country="SE",
    nuts=("SE322",),
    cpv=("50630000",),
    amount=None,
    currency=None,
    deadline_at=datetime(2026, 12, 9, 22, 59, tzinfo=UTC),
    procedure_type="restricted",
    deadline_kind="request",
    security_clearance=None,
    demands=(Demand(key="agreement", quote="säkerhetsskyddsavtal", held=False),),
    reasons=(
        make_reason(
            score=0.71,
            strength=Strength.STRONG,
            notice_sentence="Anbudsgivaren ska kunna svetsa i höghållfasta stål och reparera chassin på plats.",
            notice_language="sv",
            words=(("svetsa", "sveiser"), ("stål", "stål")),
            lot="2 Chassi och lastbärare",
        ),
        make_reason(
            profile="Kjøretøy og utstyr",
            score=0.58,
            strength=Strength.POSSIBLE,
            notice_sentence="Avtalet omfattar förebyggande och avhjälpande underhåll av terrängfordon.",
            notice_language="sv",
            profile_sentence="Vi reparerer containerrammer, flak og utstyr med sprekker, også ute hos kunden.",
            words=(),
            shared_cpv=("50630000",),
        ),
    ),
    links=(PortalLink(source="TED", number="598765-2026", url="https://ted.example/notice/598765-2026"),),
)
FINNISH_BRIDGE = make_entry(
    alert_id=3,
    procurement_id=3,
    side=Side.WIDER,
    title="Assault bridge components, welded aluminium",
    language="en",
    buyer="Finnish Defence Forces Logistics Command",
    country="FI",
    nuts=("FI1B1",),
    cpv=("35430000",),
    amount=Decimal(1_250_000),
    currency="EUR",
    own_amount=Decimal(15_000_000),
    own_currency="NOK",
    deadline_at=datetime(2026, 11, 24, 10, 0, tzinfo=UTC),
    procedure_type="neg-w-call",
    framework=False,
    security_clearance=None,
    demands=(Demand(key="3834", quote="EN ISO 3834-2", held=False),),
    reasons=(
        make_reason(
            score=0.62,
            strength=Strength.STRONG,
            notice_sentence="The supplier shall weld aluminium profiles to EN ISO 3834-2 and deliver in ten lots.",
            notice_language="en",
            words=(("weld", "sveiser"),),
        ),
    ),
    links=(PortalLink(source="TED", number="611111-2026", url="https://ted.example/notice/611111-2026"),),
)
MOVED_TENT = make_entry(
    alert_id=4,
    procurement_id=4,
    kind="change",
    title="Lagertelt",
    buyer="Forsvaret",
    nuts=("NO071",),
    deadline_at=datetime(2026, 12, 8, 11, 0, tzinfo=UTC),
    changes=(Change(field="deadline", old="2026-11-24T11:00:00+00:00", new="2026-12-08T11:00:00+00:00"),),
    links=(PortalLink(source="Doffin", number="2026-110099", url="https://doffin.example/notices/2026-110099"),),
)
NEAR = tuple(
    NearMiss(title=title, language=language, buyer=buyer, score=0.5, url=f"https://doffin.example/notices/{number}")
    for number, (title, language, buyer) in enumerate(
        [("Rekkverk", "nb", "Åre kommun"), ("Ståldører", "nb", "Statsbygg"), ("Smidesarbeten", "sv", None)], start=1
    )
)

NORWEGIAN = make_view(
    entries=(make_entry(), SWEDISH_WORKSHOP, FINNISH_BRIDGE),
    changed=(MOVED_TENT,),
    near_misses=NEAR,
    near_misses_left_out=2,
    recall_url="https://anbudsvakt.example/q/5.abcdefghijklmnopqrstuvwxyz12",
)

SWEDISH = make_view(
    company="Jämtplåt AB",
    language="sv",
    country="SE",
    entries=(
        make_entry(
            side=Side.HOME,
            title="Plåtarbeten och svetsning till förbandsverkstad i Boden",
            language="sv",
            buyer="Fortifikationsverket",
            country="SE",
            nuts=("SE332",),
            amount=Decimal(850_000),
            currency="SEK",
            deadline_at=datetime(2026, 11, 24, 22, 59, tzinfo=UTC),
            deadline_date_only=True,
            reasons=(
                make_reason(
                    profile="Plåt och svets",
                    notice_sentence="Arbetet omfattar svetsning av bärande delar i EXC2 och montering på plats.",
                    notice_language="sv",
                    profile_sentence="Vi svetsar och monterar bärande stålkonstruktioner enligt EN 1090-2, EXC2.",
                    words=(("svetsning", "svetsar"), ("bärande", "bärande"), ("EXC2", "EXC2")),
                ),
            ),
            links=(PortalLink(source="TED", number="600001-2026", url="https://ted.example/notice/600001-2026"),),
        ),
        make_entry(
            alert_id=2,
            side=Side.NEIGHBOUR,
            language="nb",
            own_amount=Decimal(3_900_000),
            own_currency="SEK",
            reasons=(
                make_reason(
                    profile="Plåt och svets",
                    score=0.67,
                    strength=Strength.STRONG,
                    profile_sentence="Vi svetsar och monterar bärande stålkonstruktioner enligt EN 1090-2, EXC2.",
                    words=(("sveising", "svetsar"), ("bærende", "bärande")),
                ),
            ),
        ),
    ),
    changed=(
        replace(MOVED_TENT, side=Side.NEIGHBOUR),
        replace(
            SWEDISH_WORKSHOP,
            alert_id=5,
            side=Side.HOME,
            kind="change",
            cancelled=True,
            changes=(Change(field="cancelled", old="false", new="true"),),
        ),
    ),
    near_misses=NEAR[:1],
    recall_url="https://anbudsvakt.example/q/6.abcdefghijklmnopqrstuvwxyz12",
)
