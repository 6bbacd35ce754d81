"""Do the logs of the web and of a crawl hold no person, whatever goes wrong? Whole journeys with canary strings (P10).

A worker's journey is in ``tests/alerts/test_log.py``.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from browsing import hidden, letters, link_in, make_administrator, send, submit
from loopback import Portal, Reply, Seen
from mailroom import wait_until
from sqlalchemy import select, text
from sqlalchemy.engine import URL

import settings as settings_module
from db.models import Fetch, Subscriber
from db.session import transaction

ROOT = Path(__file__).parents[2]
WORDS = ("kanari", "Kanari", "hemmelig", "@")
EMAIL = "kanari@hemmelig.example"
FIRM = {
    "text": "Kanarisveis sveiser hemmelige konstruksjoner. Ring Kanari Hansen.", "company": "Kanarisveis AS",
    "email": EMAIL, "country": "NO", "language": "nb",
}  # fmt: skip
FEED = """<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Departementet</title>
<link>https://departementet.example.org/no/</link><description>x</description>
<item><guid>1</guid><title>Kontakt Kanari Hansen</title><link>https://departementet.example.org/1</link>
<pubDate>Thu, 17 Sep 2026 11:00:00 +0200</pubDate><description>Skriv til kanari@hemmelig.example</description></item>
<item><guid>kanari@hemmelig.example</guid></item></channel></rss>"""


def hits(log: Path) -> list[tuple[str, str]]:
    """The lines of a log that say anything of anybody."""
    lines = log.read_text(encoding="utf-8").splitlines()
    return [(word, line[:300]) for line in lines for word in WORDS if word in line]


@contextmanager
def web_process(log: Path) -> Iterator[httpx.Client]:
    """The web as its command starts it, telling all that it ever tells."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told = {"PORT": str(port), "ANBUDSVAKT_LOG_LEVEL": "DEBUG"}
    with log.open("wb") as stderr:
        web = subprocess.Popen([sys.executable, "-m", "cli", "web"], cwd=ROOT, env=os.environ | told, stderr=stderr)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
                wait_until(lambda: _answers(client), within_s=40)
                yield client
        finally:
            web.terminate()
            web.wait(15)


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def test_p10_a_journey_through_the_web_leaves_nobody_in_its_log(
    database: URL, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make_administrator("kanarisjef@hemmelig.example")
    log = tmp_path / "log"
    with web_process(log) as client:
        client.headers["user-agent"] = "Kanari"
        client.headers["x-forwarded-for"] = "kanari@hemmelig.example"
        page = client.get("/signup?lang=nb").text
        whole = hidden(page) | FIRM | {"sentences": FIRM["text"], "countries": "NO", "cadence": "daily", "go": "send"}
        assert send(client, "/signup?lang=nb", whole).status_code in {200, 303}
        [(_, letter)] = letters(1)
        assert submit(client, link_in(letter)).status_code == 303
        with transaction() as s:
            assert s.scalars(select(Subscriber.email)).one() == EMAIL
        # What goes wrong by a reader's doing.
        submit(client, "/login", email=EMAIL)
        submit(client, "/admin/login", email="kanarisjef@hemmelig.example", password="kanariord")
        for path in (
            "/confirm/kanari",
            f"/me/{EMAIL}",
            f"/signup?email={EMAIL}",
            "/u/kanari@hemmelig",
            "/api/v1/kanari",
        ):
            client.get(path)
        client.post("/signup", content=f"email={EMAIL}&proof=kanari")
        client.post("/api/v1/profiles", json={"name": EMAIL}, headers={"authorization": "Bearer kanarihemmelig"})
        # And by ours: the database refuses, and says of which row.
        with transaction() as s:
            s.execute(text("ALTER TABLE signup ADD CONSTRAINT no_canary CHECK (email NOT LIKE 'kanari%') NOT VALID"))
            s.execute(text("ALTER TABLE profile RENAME TO kanariprofil"))
        assert client.get("/me").status_code == 500
        page = client.get("/signup?lang=nb").text
        send(client, "/signup?lang=nb", whole | hidden(page) | {"email": "kanari2@hemmelig.example"})
        wait_until(lambda: b"IntegrityError" in log.read_bytes(), within_s=10)
        with transaction() as s:
            s.execute(text("ALTER TABLE kanariprofil RENAME TO profile"))
    told = log.read_text(encoding="utf-8")
    assert "ProgrammingError" in told
    assert all(json.loads(line)["event"] for line in told.splitlines())
    assert hits(log) == []


def test_p10_a_crawl_that_meets_people_and_errors_leaves_nobody_in_its_log(
    database: URL, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings_module.get_settings.cache_clear()
    log = tmp_path / "log"

    def answer(seen: Seen) -> Reply:
        match seen.path:
            case "/well":
                return Reply(body=FEED.encode(), headers={"content-type": "application/rss+xml"})
            case "/moved":
                return Reply(status=302, headers={"location": "http://10.0.0.1/?mail=kanari@hemmelig.example"})
            case _:
                return Reply(status=404, body=b"Traceback: kanari@hemmelig.example")

    with Portal(answer) as portal, log.open("wb") as stderr:
        for path in ("/well", "/moved"):
            crawl = [
                sys.executable,
                "-m",
                "cli",
                "crawl",
                "regjeringen",
                "--base-url",
                portal.url + path,
                "--delay",
                "0",
            ]
            subprocess.run(crawl, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=stderr, check=False, timeout=90)
    with transaction() as s:
        states = s.scalars(select(Fetch.state).order_by(Fetch.id)).all()
    assert "failed" in states
    assert hits(log) == []
