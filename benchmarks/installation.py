"""What does a large installation hold? Two years of notices, firms with their profiles, and half a year of matches.

By the database's own dice, which fall the same way each time. A profile is told of one to two notices a week, and has
about as many just under its line; scores are spread as those of our model on real notices are, most of them low. What
was owed longer ago than its reader's cadence lies in a digest, every tenth alert was judged, and every tenth firm
answers a question a week about what lay under its line. Every fourth profile follows its model's line.
"""

from typing import Final

from sqlalchemy import text

from db.session import engine, transaction

WHOLE: Final = (2_000, 200_000)  # profiles and notices
SMALL: Final = (200, 20_000)
EACH: Final = 200  # matches of a profile: what lies above the floor of keeping
_FILL: Final = """
    CREATE TEMPORARY TABLE aged ON COMMIT DROP AS
    SELECT i, now() - interval '730 days' * (:notices - i) / :notices AS at FROM generate_series(1, :notices) AS i;
    INSERT INTO score_revision (model_rev, by) VALUES ('bench', 'bench');
    INSERT INTO subscriber (company, email, country, language, cadence, confirmed_at)
    SELECT 'Firma ' || i, 'post' || i || '@firma.example', CASE WHEN i % 2 = 0 THEN 'NO' ELSE 'SE' END, 'nb',
           (ARRAY['at_once', 'daily', 'weekly'])[1 + i % 3], now()
    FROM generate_series(1, :profiles * 4 / 5) AS i;
    INSERT INTO profile (subscriber_id, key, name, language, sentences, cpv, nuts, countries, words_out, stages, scopes,
                         active, matched_rev)
    SELECT 1 + i % (:profiles * 4 / 5), 'sveising-' || i, 'Sveising', 'nb', ARRAY['Vi sveiser.'], '{}', '{}', '{}',
           '{}', '{}', '{}', true, 'bench'
    FROM generate_series(1, :profiles) AS i;
    INSERT INTO threshold (profile_id, value, drawn, by, why)
    SELECT id, 0.45 + 0.1 * random(), 'start', 'bench', 'start' FROM profile;
    INSERT INTO buyer (name, folded_name, country) SELECT 'Etat ' || i, 'etat ' || i, 'NO' FROM generate_series(1, 500) AS i;
    INSERT INTO procurement (id) SELECT i FROM generate_series(1, :notices) AS i;
    INSERT INTO notice (id, source, source_id, procurement_id, current_version_id, created_at, seen_at)
    SELECT i, 'bench', i, i, i, at, at FROM aged;
    INSERT INTO notice_version (id, notice_id, number, content_hash, payload_sha256, wire_format, created_at, stage,
                                title, description, language, country, cpv, nuts, nationwide, published_at, deadline_at,
                                url, links, previous_notices, oddities, scope, matched_rev)
    SELECT i, i, 1, i, i, 'eforms', at, CASE WHEN i % 10 < 3 THEN 'result' ELSE 'competition' END,
           jsonb_build_object('nb', (ARRAY['Rammeavtale sveising', 'Drift av bygg', 'Droner', 'Verneutstyr'])[1 + i % 4]
               || ', kunngjøring ' || i),
           jsonb_build_object('nb', repeat('Leverandøren skal utføre sveising. ', 40)), 'nb',
           CASE WHEN i % 3 = 0 THEN 'SE' ELSE 'NO' END, '{}', '{}', false, at,
           CASE WHEN i % 10 >= 3 THEN at + interval '30 days' END, 'https://portal.example/' || i, '[]', '{}', '{}',
           'defence', 'bench'
    FROM aged;
    INSERT INTO version_buyer (version_id, buyer_id, position)
    SELECT version.id, buyer.id, 0
    FROM notice_version AS version
    JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM buyer) AS buyer ON buyer.place = 1 + version.id % 500;
    INSERT INTO match (version_id, profile_id, model_rev, score, threshold_then, evidence, created_at)
    SELECT drawn.version_id, drawn.profile_id, 'bench', drawn.score, drawn.line,
           jsonb_build_object('notice_sentence', repeat('Sveising og montering av rekkverk. ', 9), 'section', 'description',
               'notice_language', 'nb', 'lot', NULL, 'lot_name', NULL, 'profile_sentence', 'Vi sveiser.',
               'words', '[["sveising", "sveiser"]]'::jsonb, 'shared_cpv', '[]'::jsonb), met.created_at
    FROM (SELECT (:notices - floor(random() * :notices / 4))::bigint AS version_id, threshold.profile_id,
                 0.0142 + pow(random(), 4) * 0.98 AS score, threshold.value AS line
          FROM threshold, generate_series(1, :each)) AS drawn
    JOIN notice_version AS met ON met.id = drawn.version_id
    ON CONFLICT DO NOTHING;
    INSERT INTO alert (subscriber_id, procurement_id, kind, version, version_id, facts, created_at)
    SELECT DISTINCT ON (profile.subscriber_id, match.version_id)
           profile.subscriber_id, match.version_id, version.stage, 0, match.version_id, '{}', match.created_at
    FROM match
    JOIN profile ON profile.id = match.profile_id
    JOIN notice_version AS version ON version.id = match.version_id
    WHERE match.score >= match.threshold_then;
    INSERT INTO digest_run (day, cadence, slot, as_of, closed_at) VALUES (current_date, 'weekly', '07:00', now(), now());
    INSERT INTO digest (run_id, subscriber_id, built_at) SELECT digest_run.id, subscriber.id, now() FROM digest_run, subscriber;
    UPDATE alert SET digest_id = digest.id
    FROM digest JOIN subscriber ON subscriber.id = digest.subscriber_id
    WHERE digest.subscriber_id = alert.subscriber_id AND alert.created_at < now() - interval '1 day' *
          CASE subscriber.cadence WHEN 'at_once' THEN 0 WHEN 'daily' THEN 1 ELSE 7 END;
    INSERT INTO feedback (alert_id, verdict, at)
    SELECT id, CASE WHEN id % 3 = 0 THEN 'not_relevant' ELSE 'relevant' END, now() FROM alert WHERE id % 10 = 0;
    INSERT INTO judged_match (feedback_id, profile_id, version_id, model_rev, score, line, sentence)
    SELECT feedback.id, match.profile_id, match.version_id, 'bench', match.score, match.threshold_then, 'Vi sveiser.'
    FROM feedback
    JOIN alert ON alert.id = feedback.alert_id
    JOIN profile ON profile.subscriber_id = alert.subscriber_id
    JOIN match ON match.profile_id = profile.id AND match.version_id = alert.version_id;
    INSERT INTO recall_question (profile_id, week, answered_at)
    SELECT id, current_date - 7 * week, now() FROM profile, generate_series(1, 12) AS week WHERE id % 10 = 0;
    INSERT INTO recall_sample (question_id, version_id, model_rev, stratum, score, stands_for, relevant)
    SELECT question.id, :notices - (question.id * 4 + place) % 40000 % :notices, 'bench', stratum, score, 8, random() < score
    FROM recall_question AS question,
         (VALUES (0, '0.0', 0.05), (1, '0.1', 0.15), (2, '0.25', 0.3), (3, 'unkept', NULL)) AS drawn (place, stratum, score);
    UPDATE recall_sample SET relevant = false WHERE relevant IS NULL;
    DELETE FROM threshold WHERE profile_id % 4 = 0
"""


def fill(profiles: int, notices: int) -> None:
    """Lay the installation down in an empty database."""
    sizes = {"profiles": profiles, "notices": notices, "each": EACH}
    with transaction() as s:
        s.execute(text("SELECT setseed(0.5)"))
        for statement in _FILL.split(";\n"):
            s.execute(text(statement), {name: size for name, size in sizes.items() if f":{name}" in statement})
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
