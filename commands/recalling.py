"""Which commands ask what a line kept from its reader? Drawing the week's questions, and who takes part."""

from typing import Any

from commands.doors import Who, find_subscriber
from commands.out import AsJson, console, ready, show
from settings import get_settings


def recall_draw(*, as_json: AsJson = False) -> None:
    """Ask this week's question of every profile whose reader takes part; again in the same week is a no-op."""
    ready()
    from classifier.recall import draw
    from db.session import utcnow

    row = {"asked": draw(utcnow())}
    show([row], as_json=as_json, columns={"asked": "asked"}, title="Questions of what lay under the line")


def recall_list(*, as_json: AsJson = False) -> None:
    """Show every question that waits for an answer, with its private address."""
    ready()
    get_settings().require("secret_key")
    from alerts.tokens import recall_url
    from classifier.recall import unanswered
    from db.session import transaction

    with transaction() as s:
        rows: list[dict[str, Any]] = [
            {"week": row.week, "profile": row.profile_id, "address": recall_url(row.id)} for row in unanswered(s)
        ]
    show(rows, as_json=as_json, columns={name: name for name in ("week", "profile", "address")}, title="Questions")


def recall_join(who: Who) -> None:
    """Ask a subscriber once a week what of a few notices under their line was for them."""
    _take_part(who, asked=True)


def recall_leave(who: Who) -> None:
    """Ask a subscriber no more; what they answered is kept."""
    _take_part(who, asked=False)


def _take_part(who: str, *, asked: bool) -> None:
    ready()
    from classifier.recall import take_part
    from db.session import transaction

    with transaction() as s:
        take_part(s, find_subscriber(s, who), asked=asked)
    console.print("they are asked once a week" if asked else "they are asked no more")
