"""What became of what an administrator asked a worker for? In words, as every page that asks for something tells it."""

from alerts.texts import Texts
from db.models import Errand


def told(said: Texts, errand: Errand | None) -> str | None:
    """How an errand stands; None where nothing was asked for."""
    if errand is None:
        return None
    if errand.ended_at is None:
        state = "waits" if errand.started_at is None else "runs"
    else:
        state = "done" if errand.exit_code == 0 else "failed"
    at = errand.ended_at or errand.started_at or errand.asked_at
    return said.say(f"admin.errand.{state}", when=f"{at:%Y-%m-%d %H:%M}")


def is_under_way(errand: Errand | None) -> bool:
    """Whether it waits or runs, so that it need not be asked for again."""
    return errand is not None and errand.ended_at is None
