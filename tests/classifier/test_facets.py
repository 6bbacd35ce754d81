"""Does a profile's own limit bar what it should, and never what a portal left out?"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from classifier.facets import barred_by
from db.models import NoticeVersion, Profile

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def profile(**limits: Any) -> Profile:
    plain: dict[str, Any] = {"stages": [], "scopes": [], "countries": [], "nuts": [], "words_out": []}
    return Profile(**plain | limits)


def version(**said: Any) -> NoticeVersion:
    plain: dict[str, Any] = {
        "stage": "competition", "scope": "defence", "country": "NO", "nuts": ["NO060"], "nationwide": False,
        "cancelled": False, "title": {"nb": "Sveising"}, "description": {"nb": "Stål og kjøkken."},
    }  # fmt: skip
    return NoticeVersion(**plain | said)


@pytest.mark.parametrize(
    ("limits", "said", "bar"),
    [
        ({}, {}, None),
        ({"stages": ["competition"]}, {"stage": "result"}, "stage"),
        ({}, {"deadline_at": NOW - timedelta(minutes=1)}, "deadline"),
        ({}, {"deadline_at": NOW + timedelta(minutes=1)}, None),
        ({}, {"published_at": NOW - timedelta(days=61)}, "age"),
        ({}, {"published_at": NOW - timedelta(days=59)}, None),
        ({}, {"published_at": NOW - timedelta(days=61), "deadline_at": NOW + timedelta(days=1)}, None),
        ({}, {"cancelled": True}, "cancelled"),
        ({"scopes": ["defence", "preparedness"]}, {"scope": "none"}, "scope"),
        ({"scopes": []}, {"scope": "none"}, None),
        ({"scopes": ["defence"]}, {"scope": None}, None),
        ({"countries": ["SE"]}, {}, "country"),
        ({"countries": ["SE"]}, {"country": None}, None),
        ({"nuts": ["NO060"]}, {}, None),
        ({"nuts": ["NO06"]}, {}, None),
        ({"nuts": ["NO060"]}, {"nuts": ["NO06"]}, None),
        ({"nuts": ["NO0A3"]}, {}, "place"),
        ({"nuts": ["NO0A3"]}, {"nationwide": True}, None),
        ({"nuts": ["NO0A3"]}, {"nuts": []}, None),
        ({"nuts": ["NO0A3"]}, {"nuts": ["SE322"], "country": "SE"}, None),
        ({"nuts": ["NO0A3", "SE322"]}, {"nuts": ["SE110"], "country": "SE"}, "place"),
        ({"value_max": Decimal(5), "value_currency": "NOK"}, {"value_amount": Decimal(6), "value_currency": "NOK"}, "value"),
        ({"value_max": Decimal(5), "value_currency": "NOK"}, {"value_amount": Decimal(6), "value_currency": "EUR"}, None),
        ({"value_min": Decimal(5), "value_currency": "NOK"}, {}, None),
        ({"words_out": ["kjøkken"]}, {}, "word"),
        ({"words_out": ["KJØKKEN"]}, {}, "word"),
        ({"words_out": ["kjøkk"]}, {}, None),
        ({"words_out": ["a+b"]}, {"title": {"nb": "a+b"}}, "word"),
    ],
)  # fmt: skip
def test_limits(limits: dict[str, Any], said: dict[str, Any], bar: str | None) -> None:
    assert barred_by(profile(**limits), version(**said), now=NOW) == bar
