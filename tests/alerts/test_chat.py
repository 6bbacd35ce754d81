"""Is a chat told in a few plain lines, once, and can no target lead us inside or give its token away?"""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import Always, Reply
from owing import rows
from receivers import Receiver, receiver
from sqlalchemy import update
from sqlalchemy.engine import URL

from alerts import chat, push, pusher
from alerts.chat import objection
from alerts.doors import open_door
from alerts.post import Answered, Unreached
from db.models import Door, DoorDelivery, DoorKind, PushState
from db.session import transaction, utcnow
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber

TOKEN = "3ccdd113474722377935511fc85d3dd4"
BODY = json.dumps({"title": "Sveising", "text": "frist i morgen"}).encode()
REFUSED = [
    "", "slack", "slack://", "mailto://user:pass@gmail.com", "json://hooks.example.com", "file:///etc/passwd",
    "syslog://", "dbus://", "mmost://chat.example.com/" + TOKEN, f"mmosts://127.0.0.1/{TOKEN}",
    f"mmosts://localhost/{TOKEN}", f"mmosts://10.1.2.3/{TOKEN}", f"mmosts://169.254.169.254/{TOKEN}",
    f"mmosts://chat.example.com:8065/{TOKEN}", "ntfys://intranet/topic", "https://hooks.slack.com/services/a/b/c",
]  # fmt: skip


@pytest.fixture
def receiving(database: URL, tmp_path: Path, environment: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A Mattermost, as far as apprise can tell."""
    with receiver(tmp_path, Always(Reply(status=200, body=b"ok"))) as one:
        environment.setenv("REQUESTS_CA_BUNDLE", str(one.certificate))
        yield one


def target(receiving: Receiver, more: str = "") -> str:
    return f"mmosts://localhost:{receiving.portal.port}/{TOKEN}{more}"


def chatting(receiving: Receiver, title: str = "Rammeavtale sveisearbeid") -> Door:
    subscriber = make_subscriber()
    with transaction() as s:
        allowance = receiving.poster.allowance
        door = open_door(s, DoorKind.CHAT, subscriber.id, target=target(receiving), allowance=allowance)
    version = make_notice(title={"nb": title})
    make_match(version, make_profile(subscriber))
    make_alert(subscriber, version)
    return door


def test_an_alert_is_told_in_a_few_lines_and_once(receiving: Receiver) -> None:
    chatting(receiving)
    assert push.owe() == 1
    assert pusher.drain(receiving.poster) == {PushState.SENT: 1}
    assert pusher.drain(receiving.poster) == {}
    (seen,) = receiving.portal.log
    text = json.loads(seen.body)["text"]
    assert seen.path == f"/hooks/{TOKEN}"
    assert "Rammeavtale sveisearbeid" in text
    assert "Forsvarsbygg · " in text
    assert " · frist " in text
    assert "om 14 dager" not in text  # it may go out days later
    assert "de skriver: «Leverandøren skal utføre sveising av bærende stålkonstruksjoner i EXC3.»" in text
    assert "https://www.doffin.no/notices/" in text
    assert "\nAktuell · Ikke for oss · Vi går for den: http://127.0.0.1:8080/v/" in text
    assert len(text) < 1000
    assert "github" not in seen.body.decode()  # no picture from elsewhere (P11)


def test_what_the_chat_does_not_take_is_tried_again(
    database: URL, tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    answers = iter([Reply(status=500), Reply(status=200, body=b"ok")])
    with receiver(tmp_path, lambda _: next(answers)) as receiving:
        environment.setenv("REQUESTS_CA_BUNDLE", str(receiving.certificate))
        chatting(receiving)
        push.owe()
        assert pusher.drain(receiving.poster) == {PushState.DEFERRED: 1}
        with transaction() as s:
            s.execute(update(DoorDelivery).values(not_before=utcnow()))
        assert pusher.drain(receiving.poster) == {PushState.SENT: 1}
        assert len({seen.body for seen in receiving.portal.log}) == 1


@pytest.mark.parametrize("wanted", REFUSED)
def test_a_target_that_is_no_chat_or_leads_inside_is_refused(wanted: str) -> None:
    reason = objection(wanted)
    assert reason is not None
    assert TOKEN not in reason


@pytest.mark.parametrize(
    "wanted",
    [
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#anbud",
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
        f"mmosts://chat.example.com/{TOKEN}",
        "workflows://prod-01.westeurope.logic.azure.com:443/643e69f83c8944/signature/",
    ],
)
def test_a_chat_may_be_told(wanted: str) -> None:
    assert objection(wanted) is None


async def test_the_child_looks_up_no_other_than_public_addresses(receiving: Receiver) -> None:
    assert await chat.tell(target(receiving), BODY, allowance=receiving.poster.allowance) == Answered(status=200)
    assert len(receiving.portal.log) == 1
    # Without the allowance it is the same server, and it is inside.
    assert await chat.tell(target(receiving), BODY) == Unreached(why="the chat did not take it")
    assert len(receiving.portal.log) == 1


async def test_a_target_cannot_ask_for_less_care(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    with receiver(tmp_path) as other:
        asked = target(other, "?verify=no&redirect=yes")
        # Its certificate is nobody's whom this process trusts.
        outcome = await chat.tell(asked, BODY, allowance=other.poster.allowance)
        assert outcome == Unreached(why="the chat did not take it")
        assert other.portal.log == []


async def test_a_redirect_is_not_followed(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    where = {"Location": "/elsewhere"}
    with receiver(tmp_path, Always(Reply(status=307, headers=where))) as other:
        environment.setenv("REQUESTS_CA_BUNDLE", str(other.certificate))
        outcome = await chat.tell(target(other, "?redirect=yes"), BODY, allowance=other.poster.allowance)
        assert outcome == Unreached(why="the chat did not take it")
        assert [seen.path for seen in other.portal.log] == [f"/hooks/{TOKEN}"]


async def test_a_chat_that_hangs_is_left_at_the_limit(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    with receiver(tmp_path, Always(Reply(wait_s=60))) as other:
        environment.setenv("REQUESTS_CA_BUNDLE", str(other.certificate))
        outcome = await chat.tell(target(other), BODY, allowance=other.poster.allowance, limit_s=2)
        assert outcome == Unreached(why="no answer in time")


def test_a_title_calls_nobody_and_hides_no_link(receiving: Receiver) -> None:
    door = chatting(receiving, title="<!channel> @everyone [gratis](https://evil.example) <https://evil.example|her>")
    push.owe()
    (row,) = rows(DoorDelivery, DoorDelivery.door_id == door.id)
    title = json.loads(row.body)["title"]
    assert not set("<>@[]`") & set(title)


def test_no_log_holds_the_token(receiving: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    chatting(receiving)
    push.owe()
    pusher.drain(receiving.poster)
    told = " ".join(str(vars(record)) for record in caplog.records)
    assert "door tried" in told
    assert TOKEN not in told
