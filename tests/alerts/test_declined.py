"""Is what a reader said is not for them left out of their mails, and told once they think better of it?"""

from owing import owed, rows, views
from sqlalchemy.engine import URL

from alerts.digest import run
from classifier.feedback import record
from db.models import Alert, Cadence, Verdict
from db.session import transaction, utcnow


def say(alert: Alert, verdict: Verdict) -> None:
    with transaction() as s:
        record(s, alert.id, verdict)


def test_what_they_said_no_to_since_it_was_owed_is_not_told(database: URL) -> None:
    owed(2)
    first, second = rows(Alert)
    say(first, Verdict.NOT_RELEVANT)
    run(Cadence.DAILY, utcnow())
    assert [entry.alert_id for view in views() for entry in view.entries] == [second.id]
    assert all(alert.digest_id is not None for alert in rows(Alert))  # it is not owed for ever either


def test_what_they_go_for_is_told_though_they_said_no_before(database: URL) -> None:
    owed()
    (alert,) = rows(Alert)
    say(alert, Verdict.NOT_RELEVANT)
    say(alert, Verdict.ON_IT)
    run(Cadence.DAILY, utcnow())
    assert [entry.alert_id for view in views() for entry in view.entries] == [alert.id]
