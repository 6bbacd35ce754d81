"""Can a subscriber say when they want to hear from us, by the import's rules, and give out and take back addresses?"""

import httpx
from browsing import Values, as_subscriber, hidden, send, submit
from sqlalchemy import select

from alerts.digest import run
from alerts.doors import address, open_doors
from db.models import Cadence, Digest, Subscriber
from db.session import transaction, utcnow
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber

SAID: Values = {
    "language": "sv",
    "cadence": "weekly",
    "hour": "6",
    "weekdays": ["tue", "thu"],
    "weekly_day": "thu",
    "spare_holidays": "1",
    "all_quiet": "1",
    "asked_below": "1",
}


def stored(subscriber: Subscriber) -> Subscriber:
    with transaction() as s:
        return s.get_one(Subscriber, subscriber.id)


def test_what_is_set_holds_from_now_on_and_rubbish_is_refused_with_words(client: httpx.Client) -> None:
    alma = make_subscriber()
    as_subscriber(client, alma)
    form = hidden(client.get("/me/settings").text)
    wrong: list[tuple[str, str | list[str]]] = [
        ("hour", "3"), ("hour", "24"), ("hour", "x"), ("weekdays", []), ("weekly_day", "mon"), ("weekly_day", "x"),
        ("cadence", "x"), ("language", "de"),
    ]  # fmt: skip
    for field, value in wrong:
        reply = send(client, "/me/settings", form | SAID | {field: value})
        assert reply.status_code == 422, (field, value)
        assert f'id="{field}-problem"' in reply.text
    assert stored(alma).schedule_since is None
    assert send(client, "/me/settings", form | SAID).status_code == 303
    now = stored(alma)
    assert (now.language, now.cadence, now.hour, now.weekdays) == ("sv", "weekly", 6, [2, 4])
    assert (now.weekly_day, now.spare_holidays, now.all_quiet, now.asked_below) == (4, True, True, True)
    assert now.schedule_since is not None
    assert send(client, "/me/settings", form | SAID | {"language": "en"}).status_code == 303
    assert stored(alma).schedule_since == now.schedule_since  # another language moves no slot
    assert client.get("/me/settings").headers["content-language"] == "en"


def test_private_addresses_open_change_and_close(client: httpx.Client) -> None:
    alma, clara = make_subscriber(), make_subscriber()
    profile, hers = make_profile(alma), make_profile(clara)
    as_subscriber(client, alma)

    def press(path: str, **values: str) -> int:
        return submit(client, path, seen_at="/me/settings/leave", **values).status_code

    for kind, of_profile in (("calendar", ""), ("export", ""), ("feed", str(profile.id))):
        assert press("/me/addresses", kind=kind, profile=of_profile) == 303
    assert press("/me/addresses", kind="feed", profile=str(hers.id)) == 404
    assert press("/me/addresses", kind="webhook") == 400
    with transaction() as s:
        doors = {door.kind: door for door in open_doors(s, alma.id)}
    page = client.get("/me/settings").text
    for door in doors.values():
        assert address(door) in page
        assert client.get(httpx.URL(address(door)).path).status_code == 200
    assert press(f"/me/addresses/{doors['calendar'].id}", go="change") == 303
    assert press(f"/me/addresses/{doors['feed'].id}", go="close") == 303
    assert press(f"/me/addresses/{doors['feed'].id}", go="close") == 404
    assert client.get(httpx.URL(address(doors["calendar"])).path).status_code == 404
    assert client.get(httpx.URL(address(doors["feed"])).path).status_code == 404


def test_who_leaves_gets_no_mail_and_may_come_back(client: httpx.Client) -> None:
    alma = make_subscriber()
    as_subscriber(client, alma)
    assert submit(client, "/me/settings/leave", go="leave").status_code == 303
    assert stored(alma).unsubscribed_at is not None
    assert submit(client, "/me/settings/leave", go="back").status_code == 303
    assert stored(alma).unsubscribed_at is None
    assert submit(client, "/me/settings/leave", go="x").status_code == 400


def test_every_digest_has_its_page_in_the_list(client: httpx.Client) -> None:
    alma, clara = make_subscriber(), make_subscriber()
    as_subscriber(client, alma)
    assert "Du har ikke fått noen ennå." in client.get("/me/digests").text
    version = make_notice()
    for one in (alma, clara):
        make_match(version, make_profile(one))
        make_alert(one, version)
    run(Cadence.DAILY, utcnow())
    page = client.get("/me/digests?before=x").text
    assert "1 anskaffelse" in page
    assert page.count("/d/") == 1
    with transaction() as s:
        [mine] = s.scalars(select(Digest.id).where(Digest.subscriber_id == alma.id))
    assert client.get(f"/me/digests?before={mine}").text.count("/d/") == 0
