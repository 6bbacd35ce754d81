"""Do several senders keep out of each other's way under load? (D4; how fast is told, and measured by `make bench`)"""

import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
from mailroom import mailroom, wait_until
from outbox import fill, sender_process, states, use_relay
from sqlalchemy.engine import URL


@pytest.mark.parametrize(("mails", "senders"), [(200, 2), pytest.param(10_000, 4, marks=pytest.mark.prove)])
def test_d4_several_senders_send_each_mail_once(
    database: URL, environment: pytest.MonkeyPatch, tmp_path: Path, mails: int, senders: int
) -> None:
    with mailroom(tmp_path) as room, ExitStack() as running:
        use_relay(environment, room.port)
        sent = fill(mails)
        for _ in range(senders):
            running.enter_context(sender_process())
        room.wait_for(1)
        began = time.monotonic()
        wait_until(lambda: len(room.accepted()) >= mails, within_s=300)
        rate = (mails - 1) / (time.monotonic() - began)
        wait_until(lambda: states() == {"sent": mails}, within_s=10)
        print(f"\n{senders} senders, {mails} mails, {rate:.0f}/s")
        assert Counter(one.message_id for one in room.accepted()) == Counter(sent)
