"""Does the sender outlive a database that goes away, without a person? (D7)"""

import secrets
import time
from collections import Counter
from pathlib import Path

import psycopg
import pytest
from mailroom import mailroom, wait_until
from outbox import fill, sender_process, states, use_relay
from psycopg import sql
from sqlalchemy.engine import URL

from db.session import forget_engine, plain_url


def cut(postgres: URL, name: str, *, away_s: float) -> None:
    """Cut every connection to this database, and let nobody in for a while, as during a restart."""
    forget_engine()
    with psycopg.connect(plain_url(postgres), autocommit=True) as admin:
        allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        admin.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        time.sleep(away_s)
        admin.execute(allow.format(sql.Identifier(name), sql.SQL("true")))


@pytest.mark.parametrize(("mails", "cuts"), [(150, 3), pytest.param(2_000, 20, marks=pytest.mark.prove)])
def test_d7_a_database_that_goes_away_costs_no_mail(
    postgres: URL, database: URL, environment: pytest.MonkeyPatch, tmp_path: Path, mails: int, cuts: int
) -> None:
    with mailroom(tmp_path, slow_s=0.01) as room:
        use_relay(environment, room.port)
        sent = fill(mails)
        with sender_process() as sender:
            for turn in range(cuts):
                room.wait_for((turn + 1) * mails // (cuts + 2))
                cut(postgres, str(database.database), away_s=0.2 + secrets.randbelow(5) / 10)
            began = time.monotonic()
            wait_until(lambda: states() == {"sent": mails}, within_s=60)
            assert sender.poll() is None
        copies = Counter(one.message_id for one in room.accepted())
        extra = copies.total() - len(copies)
        print(f"\n{cuts} cuts, {mails} mails, done {time.monotonic() - began:.1f} s after the last, {extra} extra")
    assert set(copies) == set(sent)
    # What the relay accepted while the database was away is remembered by the connection and written down later.
    assert extra == 0
