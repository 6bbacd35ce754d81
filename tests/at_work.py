"""What do the clock and a worker do between two looks at a page? Match what came, open the day's digests, send the mail."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
from outbox import use_relay

from alerts import sender
from alerts.digest import run
from classifier.first_line import our_scorer
from classifier.match import match_new
from db.models import Cadence
from db.session import utcnow
from demo.mailbox import KeptMail, Mailbox


@dataclass(slots=True)
class Worker:
    """Real matching, digests and sending; the mailbox is where everything arrives."""

    mailbox: Mailbox
    day: int = 0

    def post(self) -> list[KeptMail]:
        """Send what is in the outbox; gives the mails that arrived."""
        before = len(self.mailbox.messages)
        with ThreadPoolExecutor() as thread:  # the browser has an event loop in this one
            thread.submit(sender.drain).result()
        return list(self.mailbox.messages[before:])

    def match(self) -> None:
        """Hold what is new against every profile."""
        match_new(our_scorer())

    def next_day(self) -> list[KeptMail]:
        """What the next day's digests bring."""
        self.match()
        self.day += 1
        run(Cadence.DAILY, utcnow() + timedelta(days=self.day))
        return self.post()


@contextmanager
def worker(environment: pytest.MonkeyPatch) -> Iterator[Worker]:
    """One that sends to a mailbox of its own."""
    with Mailbox() as mailbox:
        use_relay(environment, mailbox.port)
        yield Worker(mailbox=mailbox)
