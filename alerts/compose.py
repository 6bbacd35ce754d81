"""What shall one digest tell? Owed alerts become a DigestView: one entry per procurement, with its reasons.

What is left out of a digest that takes an alert, and why: a procurement whose deadline passed or that was cancelled
before it was told (nobody can act on it; how many had a deadline that passed is told), a change that was taken back
before it was told, a new procurement that no active profile matches any more, and whatever the reader said is not for
them. Their alerts are closed with the digest, so that they are not owed for ever.

Who was told of a procurement is told of its changes, whatever their profiles have become; who never was is told of it
as of a new one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from alerts.clock import local_day
from alerts.heard import unheard
from alerts.just_under import near_misses, notices_read, sources_read
from alerts.outside import safe_url
from alerts.sources import source_name
from alerts.speak import MONEY
from alerts.standing import Standing, leading, standings
from alerts.telling import Telling, telling, was_open
from alerts.tokens import digest_url, event_url, unsubscribe_url, verdict_url
from alerts.view import Change, DigestView, Entry, PortalLink, Reason, Side, Strength
from alerts.week_question import week_question
from classifier.demands import CLEARANCE, Demand, demands
from classifier.owed import declined
from db.models import Alert, AlertKind, Digest, DigestRun, Match, NoticeVersion, Profile, RunKind, Subscriber
from db.notices import said
from db.rates import Rates, rates_on

# Of a calibrated probability: four of five such notices are for this profile; three of five; fewer.
VERY_STRONG = 0.8
STRONG = 0.6
NORDIC_PAIR = frozenset({"NO", "SE"})
NEVER = datetime.max.replace(tzinfo=UTC)


def compose(
    s: Session, digest: Digest, run: DigestRun, subscriber: Subscriber, owed: Sequence[Alert]
) -> DigestView | None:
    """All that this digest tells; None when nothing of what is owed can be told, and no word is wanted of that."""
    profiles = {profile.id: profile for profile in _active_profiles(s, subscriber.id)}
    found = standings(s, owed, profiles.values(), language=subscriber.language)
    changes_alone = [one.procurement_id for one in found if leading(one.alerts).kind == AlertKind.CHANGE]
    new_to_them = unheard(s, subscriber.id, digest.id, changes_alone)
    rates = rates_on(s, local_day(run.as_of))
    not_for_them = declined(s, subscriber.id, {one.procurement_id for one in found})
    told: dict[Telling, list[Entry]] = {how: [] for how in Telling}
    passed = 0
    for standing in found:
        if standing.procurement_id in not_for_them:
            continue  # said since the alert was owed; what comes later is not owed at all
        reasons = reasons_of(standing, profiles)
        changes = changes_of(alert for alert in standing.alerts if alert.kind == AlertKind.CHANGE)
        how = telling(standing, run.as_of, changes, is_unheard=standing.procurement_id in new_to_them)
        if how is Telling.CHANGED:
            told[how].append(entry_of(standing, subscriber, reasons, changes))
        elif how is None and reasons and was_open(standing):
            passed += 1
        elif how is Telling.REMINDED or (how is Telling.NEW and reasons):
            told[how].append(whole_entry(standing, subscriber, reasons, profiles, rates))
    if not any(told.values()) and not _keeps_quiet_word(s, digest, run):
        return None
    missed = near_misses(s, subscriber.id, list(profiles), run.as_of)
    return DigestView(
        digest_id=digest.id,
        company=subscriber.company,
        language=subscriber.language,
        country=subscriber.country,
        # A run of those who are told at once is named by UTC's day.
        day=local_day(run.as_of) if run.cadence == RunKind.AT_ONCE else run.day,
        as_of=run.as_of,
        cadence=digest.cadence,
        notices_read=notices_read(s, subscriber.id),
        sources=sources_read(s, subscriber.id),
        entries=tuple(sorted(told[Telling.NEW], key=_order)),
        changed=tuple(sorted(told[Telling.CHANGED], key=_order)),
        reminders=tuple(sorted(told[Telling.REMINDED], key=_order)),
        near_misses=missed.best,
        near_misses_left_out=missed.left_out,
        recall_url=week_question(s, digest, local_day(run.as_of)),
        page_url=digest_url(digest.id),
        unsubscribe_url=unsubscribe_url(subscriber.id),
        one_click_url=unsubscribe_url(subscriber.id),
        passed=passed,
        profiles=tuple(profile.name for profile in profiles.values()),
    )


def strength(score: float) -> Strength:
    """A calibrated probability in words."""
    if score >= VERY_STRONG:
        return Strength.VERY_STRONG
    return Strength.STRONG if score >= STRONG else Strength.POSSIBLE


def side(reader: str, country: str | None) -> Side:
    """Where a procurement stands, seen from the reader's country (both alpha-2)."""
    if country == reader:
        return Side.HOME
    return Side.NEIGHBOUR if {reader, country} == NORDIC_PAIR else Side.WIDER


def reasons_of(standing: Standing, profiles: Mapping[int, Profile]) -> tuple[Reason, ...]:
    """Why it is for this subscriber, one reason per profile, best first.

    A profile counts by its match with the version shown, or else by its best with any version of the procurement.
    Where the corrigendum itself matches worse than what was told, the best match there is stands in; none where no
    active profile has any match.
    """
    by_profile: dict[int, list[Match]] = {}
    for match in standing.matches:
        if match.barred_by is None:
            by_profile.setdefault(match.profile_id, []).append(match)
    best = [_preferred(matches, standing.shown) for matches in by_profile.values()]
    above = [match for match in best if match.score >= match.threshold_then]
    chosen = above or sorted(best, key=_score)[-1:]
    return tuple(_reason(match, profiles[match.profile_id]) for match in sorted(chosen, key=_score, reverse=True))


def changes_of(alerts: Iterable[Alert]) -> tuple[Change, ...]:
    """What moved since the reader was last told, over all owed changes: first old value, last new one."""
    moved: dict[str, Change] = {}
    for alert in alerts:
        for field, old, new in alert.changes:
            first = moved.get(field)
            moved[field] = Change(field=field, old=first.old if first else old, new=new)
    return tuple(change for change in moved.values() if change.old != change.new)


def _keeps_quiet_word(s: Session, digest: Digest, run: DigestRun) -> bool:
    """Whether they want to hear that it is quiet, and no other digest has told them anything meanwhile."""
    other = exists().where(
        Digest.subscriber_id == digest.subscriber_id,
        Digest.id != digest.id,
        Digest.view.is_not(None),
        Digest.built_at >= run.opened_at,
    )
    return digest.quiet and not s.scalar(select(other))


def _active_profiles(s: Session, subscriber_id: int) -> Sequence[Profile]:
    return s.scalars(
        select(Profile).where(Profile.subscriber_id == subscriber_id, Profile.active.is_(True)).order_by(Profile.id)
    ).all()


def _score(match: Match) -> float:
    return match.score


def _preferred(matches: Sequence[Match], shown: NoticeVersion) -> Match:
    """Of one profile's matches, newest first: the newest model's with the version shown if above, else the best."""
    newest: dict[int, Match] = {}
    for match in matches:
        newest.setdefault(match.version_id, match)
    with_shown = newest.get(shown.id)
    if with_shown is not None and with_shown.score >= with_shown.threshold_then:
        return with_shown
    return max(newest.values(), key=_score)


def _reason(match: Match, profile: Profile) -> Reason:
    evidence = match.evidence
    return Reason(
        profile=profile.name,
        score=match.score,
        strength=strength(match.score),
        notice_sentence=evidence["notice_sentence"],
        notice_language=evidence["notice_language"],
        profile_sentence=evidence["profile_sentence"],
        lot=evidence.get("lot_name"),
        words=tuple((theirs, ours) for theirs, ours in evidence.get("words", ())),
        shared_cpv=tuple(evidence.get("shared_cpv", ())),
        words_in=tuple(evidence.get("words_in", ())),
    )


def entry_of(
    standing: Standing, subscriber: Subscriber, reasons: tuple[Reason, ...], changes: tuple[Change, ...]
) -> Entry:
    """One procurement as this subscriber is told of it, by the leading one of the standing's alerts, if it has any."""
    shown, due, priced = standing.shown, standing.deadline, standing.priced
    alert = leading(standing.alerts) if standing.alerts else None
    return Entry(
        alert_id=alert.id if alert else 0,
        procurement_id=standing.procurement_id,
        # A change by which something is told for the first time is no change to the reader.
        kind=alert.kind if alert and (changes or alert.kind != AlertKind.CHANGE) else shown.stage,
        side=side(subscriber.country, shown.country),
        title=said(shown.title, shown.language),
        language=shown.language,
        buyer=standing.buyer,
        country=shown.country,
        nuts=tuple(shown.nuts),
        nationwide=shown.nationwide,
        cpv=tuple(shown.cpv),
        amount=priced.value_amount if priced else None,
        currency=priced.value_currency if priced else None,
        published_at=shown.published_at,
        deadline_at=due.deadline_at if due else None,
        deadline_kind=due.deadline_kind if due else None,
        deadline_date_only=due.deadline_date_only if due else False,
        procedure_type=shown.procedure_type,
        framework=shown.framework,
        security_clearance=shown.security_clearance,
        scope=shown.scope,
        cancelled=standing.cancelled,
        reasons=reasons,
        changes=changes,
        links=_links(standing),
        calendar_url=event_url(alert.id) if alert and due and not standing.cancelled else None,
        verdict_url=verdict_url(alert.id) if alert else None,
    )


def whole_entry(
    standing: Standing,
    subscriber: Subscriber,
    reasons: tuple[Reason, ...],
    profiles: Mapping[int, Profile],
    rates: Rates,
) -> Entry:
    """As ``entry_of`` tells what is new: also what it asks for, and its value in the reader's money."""
    entry = replace(entry_of(standing, subscriber, reasons, ()), demands=_demands(standing.shown, profiles))
    return _in_own_money(entry, subscriber, rates)


def _demands(shown: NoticeVersion, profiles: Mapping[int, Profile]) -> tuple[Demand, ...]:
    """What the notice that is quoted asks for, and which of it any of the reader's profiles says they have."""
    texts = [said(words, shown.language) for words in (shown.title, shown.description)]
    texts += [said(words, shown.language) for lot in shown.lots for words in (lot.title, lot.description)]
    ours = (sentence for profile in profiles.values() for sentence in profile.sentences)
    return demands(texts, ours, asked=(CLEARANCE,) if shown.security_clearance else ())


def _in_own_money(entry: Entry, subscriber: Subscriber, rates: Rates) -> Entry:
    """The entry with its value in the reader's currency too, where it is in another and its rate is known."""
    own = MONEY.get(subscriber.country)
    if entry.amount is None or not entry.currency or own is None or entry.currency == own:
        return entry
    about = rates.convert(entry.amount, entry.currency, own)
    return entry if about is None else replace(entry, own_amount=about, own_currency=own)


def _links(standing: Standing) -> tuple[PortalLink, ...]:
    """Every page of every notice of the procurement, the shown one's first, then the newest."""
    first = [version for version in standing.current if version.id == standing.shown.id] or [standing.shown]
    rest = [version for version in standing.current if version.id != standing.shown.id]
    return tuple(
        PortalLink(source=source_name(version.notice.source), number=version.notice.source_id, url=address)
        for version in (*first, *rest)
        if (address := safe_url(version.url)) is not None
    )


def _order(entry: Entry) -> tuple[datetime, float, int]:
    """The nearest deadline first, those without one last; then the strongest."""
    return (
        entry.deadline_at or NEVER,
        -max((reason.score for reason in entry.reasons), default=0.0),
        entry.procurement_id,
    )
