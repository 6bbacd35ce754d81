"""Is every address one that mail can be sent to, or refused with words, and does suppressed stay so? (M11, D15)"""

import asyncio
from email import message_from_bytes
from email.policy import SMTP

import pytest
from digest_views import MAIL, NAMES, make_view
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lanes import Use
from outbox import states
from scripted_relay import scripted_relay
from sqlalchemy import select
from sqlalchemy.engine import URL

from alerts import sender
from alerts.digest import run
from alerts.message import render
from alerts.suppress import is_suppressed, suppress, suppression_key
from classifier.profiles import ProfilesBroken, import_profiles
from db.address import AddressUnusable, mailable
from db.models import Cadence, Profile, Subscriber
from db.session import transaction, utcnow
from factories import make_alert, make_match, make_notice

GOOD = {
    "post@fjell.example": "post@fjell.example",
    "Post@FJELL.Example": "Post@fjell.example",
    "o'brien+anbud@fjell.example": "o'brien+anbud@fjell.example",
    "post@trøndersveis.example": "post@xn--trndersveis-hgb.example",
    "post@TRØNDERSVEIS.example": "post@xn--trndersveis-hgb.example",
    "post@xn--trndersveis-hgb.example": "post@xn--trndersveis-hgb.example",
    "post@XN--TRNDERSVEIS-HGB.example": "post@xn--trndersveis-hgb.example",
    "post@a\N{COMBINING RING ABOVE}re.example": "post@xn--re-xia.example",
    "post@åre.example": "post@xn--re-xia.example",
    "post@fjell。example": "post@fjell.example",
    f"{'p' * 64}@fjell.example": f"{'p' * 64}@fjell.example",
}
BAD = [
    "",
    " ",
    "@",
    "post",
    "post@",
    "@fjell.example",
    "post@fjell",
    "post@fjell..example",
    "post@-fjell.example",
    "post@@fjell.example",
    "po st@fjell.example",
    '"quoted part"@fjell.example',
    '"a@b"@fjell.example',
    "bjørn@fjell.example",
    "пост@fjell.example",
    "post@[192.0.2.1]",
    "Navn <post@fjell.example>",
    "post@fjell.example, to@fjell.example",
    "post@fjell.example\r\nBcc: x@y.example",
    "post@fjell.example\0",
    ".post@fjell.example",
    f"{'p' * 65}@fjell.example",
    f"post@{'f' * 64}.example",
    f"{'p' * 60}@{'.'.join(['fjell' * 9] * 5)}.example",
    "x" * 300,
]


@pytest.mark.parametrize(("written", "kept"), GOOD.items())
def test_m11_an_address_has_one_form_and_can_be_written_to(written: str, kept: str) -> None:
    assert mailable(written) == kept
    assert mailable(kept) == kept
    raw = render(make_view(), NAMES, **{**MAIL, "recipient": kept})
    assert [one.addr_spec for one in message_from_bytes(raw, policy=SMTP)["To"].addresses] == [kept]


@pytest.mark.parametrize("written", BAD)
def test_m11_what_no_mail_can_be_sent_to_is_refused_with_words(written: str) -> None:
    with pytest.raises(AddressUnusable) as refused:
        mailable(written)
    assert len(str(refused.value).split()) >= 3


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.one_of(st.text(max_size=300), st.emails(), st.builds("{}@{}".format, st.text(), st.text())))
@example("a@" + "xn--" * 50 + ".example")
@example("a@xn--0.example")
@example("a@\ud800.example")
def test_m11_whatever_is_written_is_one_or_the_other(written: str) -> None:
    try:
        kept = mailable(written)
    except AddressUnusable:
        return
    assert kept.isascii()
    assert len(kept) <= 254
    assert len(kept.partition("@")[0]) <= 64
    assert mailable(kept) == kept
    assert suppression_key(kept) == suppression_key(written) == suppression_key(kept.upper())
    render(make_view(), NAMES, **{**MAIL, "recipient": kept})


FILE = """
[[subscriber]]
company = "Fjellsveis AS"
email = "{email}"
country = "NO"
language = "nb"
[[subscriber.profile]]
key = "sveising"
name = "Sveising"
sentences = ["Vi sveiser."]
cpv = ["45262670"]
[[subscriber.profile]]
key = "maling"
name = "Maling"
sentences = ["Vi maler."]
cpv = ["45442100"]
"""


@pytest.mark.parametrize("email", ['\\"a b\\"@fjell.example', "bjørn@fjell.example", "post@fjell", "p" * 300])
def test_m11_an_import_with_such_an_address_is_refused_whole(database: URL, email: str) -> None:
    with pytest.raises(ProfilesBroken, match=r"subscriber\.0\.email"):
        import_profiles(FILE.format(email=email).encode(), by="test")


@pytest.mark.parametrize("asked_again_as", ["post@åre.example", "POST@xn--re-xia.example", "Post@ÅRE.example"])
async def test_d15_suppressed_stays_suppressed_however_it_is_asked_for_again(
    database: URL, use: Use, asked_again_as: str
) -> None:
    import_profiles(FILE.format(email="post@åre.example").encode(), by="test")
    with transaction() as s:
        suppress(s, "Post@Åre.example", "complained")
    # Asked for again by another spelling, with a second profile: perhaps another row, but the same mailbox.
    import_profiles(FILE.format(email=asked_again_as).encode(), by="test")
    with transaction() as s:
        subscribers = s.scalars(select(Subscriber)).all()
        profiles = s.scalars(select(Profile)).all()
        assert all(is_suppressed(s, one.email) for one in subscribers)
    version = make_notice()
    for profile in profiles:
        make_match(version, profile)
    for subscriber in subscribers:
        make_alert(subscriber, version)
    async with scripted_relay() as relay:
        use.lane(relay)
        run(Cadence.DAILY, utcnow())
        await asyncio.to_thread(sender.drain)
    assert relay.heard == []
    assert states() == {}


async def test_d15_suppressed_after_the_digest_was_built_is_early_enough(database: URL, use: Use) -> None:
    import_profiles(FILE.format(email="Post@Fjell.example").encode(), by="test")
    with transaction() as s:
        subscriber, profile = s.scalars(select(Subscriber)).one(), s.scalars(select(Profile)).first()
    assert profile is not None
    version = make_notice()
    make_match(version, profile)
    make_alert(subscriber, version)
    run(Cadence.DAILY, utcnow())
    assert states() == {"queued": 1}
    with transaction() as s:
        suppress(s, "POST@fjell.example", "complained")
    async with scripted_relay() as relay:
        use.lane(relay)
        await asyncio.to_thread(sender.drain)
    assert relay.heard == []
    assert states() == {"suppressed": 1}
