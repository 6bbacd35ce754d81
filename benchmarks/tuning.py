"""How long does a slider move take with 2,000 profiles and 200,000 notices stored? The laboratory's look and its peer.

The peer is the same look without our indexes: what an administrator would wait for if nobody had thought of them.
"""

import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any, Final

import numpy as np
from sqlalchemy import text

from benchmarks.ground import Told
from classifier.bench import ALL, bench
from classifier.laboratory import look
from classifier.matches import of_profile
from db.session import engine, transaction

ROUNDS: Final = 20
OURS: Final = (
    "ix_match_speaks",
    "ix_match_speaks_of_profile",
    "ix_notice_version_created_at",
    "ix_notice_created_at",
    "ix_notice_current_version_id",
)
WHOLE: Final = (2_000, 200_000)
SMALL: Final = (200, 20_000)
EACH: Final = 150  # matches of a profile: what lies above the floor of keeping
# Notices of two years, one in thirty open; profiles meet those of the last half year, most of them by a low score.
FILL: Final = """
    INSERT INTO score_revision (model_rev, by) VALUES ('bench', 'bench');
    INSERT INTO subscriber (company, email, country, language, cadence, confirmed_at)
    SELECT 'Firma ' || i, 'post' || i || '@firma.example', CASE WHEN i % 2 = 0 THEN 'NO' ELSE 'SE' END, 'nb',
           (ARRAY['at_once', 'daily', 'weekly'])[1 + i % 3], now()
    FROM generate_series(1, :profiles) AS i;
    INSERT INTO profile (subscriber_id, key, name, language, sentences, cpv, nuts, countries, words_out, stages, scopes,
                         active, matched_rev)
    SELECT id, 'sveising', 'Sveising', 'nb', ARRAY['Vi sveiser.'], '{}', '{}', '{}', '{}', '{}', '{}', true, 'bench'
    FROM subscriber;
    INSERT INTO threshold (profile_id, value, drawn, by, why) SELECT id, 0.5, 'start', 'bench', 'start' FROM profile;
    INSERT INTO procurement (id) SELECT i FROM generate_series(1, :notices) AS i;
    INSERT INTO notice (id, source, source_id, procurement_id, current_version_id, created_at, seen_at)
    SELECT i, 'bench', i, i, i, at, at
    FROM (SELECT i, now() - interval '730 days' * (:notices - i) / :notices AS at
          FROM generate_series(1, :notices) AS i) AS aged;
    INSERT INTO notice_version (id, notice_id, number, content_hash, payload_sha256, wire_format, created_at, stage,
                                title, description, language, cpv, nuts, nationwide, published_at, deadline_at, url,
                                links, previous_notices, oddities, scope, matched_rev)
    SELECT i, i, 1, i, i, 'eforms', at, 'competition', jsonb_build_object('nb', 'Kunngjøring ' || i),
           jsonb_build_object('nb', repeat('Leverandøren skal utføre sveising. ', 40)), 'nb', '{}', '{}', false, at,
           at + interval '30 days', 'https://portal.example/' || i, '[]', '{}', '{}', 'defence', 'bench'
    FROM (SELECT i, now() - interval '730 days' * (:notices - i) / :notices AS at
          FROM generate_series(1, :notices) AS i) AS aged;
    INSERT INTO match (version_id, profile_id, model_rev, score, threshold_then, evidence, created_at)
    SELECT :notices - floor(pow(random(), 2) * :notices / 2), profile.id, 'bench', 0.0142 + pow(random(), 3) * 0.98, 0.5,
           jsonb_build_object('profile_sentence', 'Vi sveiser.', 'notice_sentence', repeat('Sveising. ', 30)), now()
    FROM profile, generate_series(1, :each) ON CONFLICT DO NOTHING;
    INSERT INTO alert (subscriber_id, procurement_id, kind, version, version_id, facts)
    SELECT DISTINCT ON (profile.subscriber_id, match.version_id)
           profile.subscriber_id, match.version_id, 'competition', 0, match.version_id, '{}'
    FROM match JOIN profile ON profile.id = match.profile_id WHERE match.score >= 0.5;
    INSERT INTO feedback (alert_id, verdict, at)
    SELECT id, CASE WHEN id % 3 = 0 THEN 'not_relevant' ELSE 'relevant' END, now() FROM alert WHERE id % 10 = 0;
    INSERT INTO judged_match (feedback_id, profile_id, version_id, model_rev, score, line, sentence)
    SELECT feedback.id, match.profile_id, match.version_id, 'bench', match.score, 0.5, 'Vi sveiser.'
    FROM feedback JOIN alert ON alert.id = feedback.alert_id
    JOIN profile ON profile.subscriber_id = alert.subscriber_id
    JOIN match ON match.profile_id = profile.id AND match.version_id = alert.version_id;
"""


def run(*, whole: bool = False) -> Told:
    """Looks a second at one profile's line; the note tells within how long nineteen of twenty are answered."""
    profiles, notices = WHOLE if whole else SMALL
    fill(profiles, notices)
    parts: dict[str, Callable[[float], object]] = {
        "one profile, 30 days": partial(_look, "7", 0.4, 30),
        "one profile, 90 days": partial(_look, "7", 0.4, 90),
        "all, 30 days": partial(_look, ALL, -0.1, 30),
        "all, 90 days": partial(_look, ALL, -0.1, 90),
        "a profile's matches": lambda _: of_profile(7),
    }
    took = {name: _times(part) for name, part in parts.items()}
    with transaction() as s:
        matches = s.scalar(text("SELECT count(*) FROM match"))
        for index in OURS:
            s.execute(text(f"DROP INDEX {index}"))
    without = _times(parts["one profile, 30 days"])
    told = ", ".join(f"{name} {np.quantile(times, 0.95) * 1000:.0f} ms" for name, times in took.items())
    return Told(
        unit="looks/s",
        ours=float(1 / np.median(took["one profile, 30 days"])),
        peer=float(1 / np.median(without)),
        peer_is="the same without our indexes",
        note=f"{profiles} profiles, {notices} notices, {matches} matches; p95: {told}",
    )


def fill(profiles: int, notices: int) -> None:
    """The database of a large installation, by the database's own dice, which fall the same way each time."""
    sizes = {"profiles": profiles, "notices": notices, "each": EACH}
    with transaction() as s:
        s.execute(text("SELECT setseed(0.5)"))
        for statement in FILL.split(";\n"):
            if statement.strip():
                s.execute(text(statement), {name: sizes[name] for name in sizes if f":{name}" in statement})
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _look(key: str, value: float, days: int, moved: float) -> Any:
    """One slider move; each a little further than the last."""
    with transaction() as s:
        return look(s, bench(s, key), Decimal(str(value + moved)), days=days)


def _times(part: Callable[[float], object]) -> list[float]:
    part(0.0)
    times = []
    for one in range(ROUNDS):
        start = time.perf_counter()
        part(one / 1000)
        times.append(time.perf_counter() - start)
    return times
