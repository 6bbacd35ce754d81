"""How does a test turn the clock? All of our modules that are loaded read one that is as far ahead as the test says."""

import sys
from datetime import datetime, timedelta

import pytest

from alerts.clock import ZONES
from db import session


class Clock:
    """The true time, and what the test has turned it on by."""

    def __init__(self, environment: pytest.MonkeyPatch) -> None:
        self.ahead = timedelta(0)
        for module in list(sys.modules.values()):
            # Not where it is defined: a module that is loaded later would keep the turned one for good.
            if module is not session and getattr(module, "utcnow", None) is session.utcnow:
                environment.setattr(module, "utcnow", self.now)

    def now(self) -> datetime:
        """What our modules are told."""
        return session.utcnow() + self.ahead

    def next_monday(self) -> datetime:
        """The next Monday's beginning in Oslo."""
        today = self.now().astimezone(ZONES["NO"])
        monday = today + timedelta(days=7 - today.weekday())
        return monday.replace(hour=0, minute=0, second=0, microsecond=0)

    def turn(self, on: timedelta) -> None:
        """Let this much time pass."""
        self.ahead += on
