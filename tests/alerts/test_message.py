"""Does the mail say what the view tells: whole, in order, alike in text and HTML, and small enough?"""

import os
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from digest_views import (
    AS_OF,
    FINNISH_BRIDGE,
    MAIL,
    MOVED_TENT,
    NAMES,
    NEAR,
    NORWEGIAN,
    SWEDISH,
    SWEDISH_WORKSHOP,
    make_entry,
    make_reason,
    make_view,
    no_deadline,
)
from mail_reading import addresses, fetched, html_of, read, seen, text_of, tree, words

from alerts.message import LARGEST, page_css, render, render_page
from alerts.view import DigestView, NearMiss, PortalLink, SourceRead

GOLDEN = Path(__file__).parents[1] / "golden"
GOLDENS = {
    "nb": NORWEGIAN,
    "nn": replace(NORWEGIAN, language="nn"),
    "sv": SWEDISH,
    "en": replace(SWEDISH, language="en"),
}


def golden(name: str, made: str) -> None:
    """Compare with the golden file; with --update-golden write it, for a person to read the difference."""
    path = GOLDEN / name
    if os.environ.get("PYTEST_UPDATE_GOLDEN"):
        path.write_text(made, encoding="utf-8")
    assert made == path.read_text(encoding="utf-8"), f"{name} differs; --update-golden writes it anew"


@pytest.mark.parametrize("language", GOLDENS)
def test_the_mail_is_the_golden_one(language: str) -> None:
    raw = render(GOLDENS[language], NAMES, **MAIL)
    head = "".join(f"{name}: {value}\n" for name, value in read(raw).items())
    golden(f"digest-{language}.eml", f"{head}\n{text_of(raw)}")
    golden(f"digest-{language}.html", html_of(raw))


@pytest.mark.parametrize("language", GOLDENS)
def test_p11_a_mail_fetches_nothing_and_its_links_are_the_portals_own(language: str) -> None:
    view = GOLDENS[language]
    raw = render(view, NAMES, **MAIL)
    assert fetched(html_of(raw)) == []
    ours = urlsplit(view.page_url).netloc
    led = {str(link.get("href")) for link in tree(html_of(raw)).iter("a")} | addresses(text_of(raw))
    elsewhere = {link for link in led if urlsplit(link).netloc != ours}
    told = (*view.entries, *view.changed, *view.reminders)
    assert elsewhere == {link.url for one in told for link in one.links} | {near.url for near in view.near_misses}


def test_the_page_is_the_golden_one() -> None:
    golden("page-nb.html", render_page(NORWEGIAN, NAMES))


def test_equal_input_gives_equal_bytes() -> None:
    assert render(NORWEGIAN, NAMES, **MAIL) == render(DigestView.from_json(NORWEGIAN.to_json()), NAMES, **MAIL)


EVERY_VIEW = {
    "norwegian": NORWEGIAN,
    "swedish": SWEDISH,
    "one": make_view(),
    "bare": make_view(entries=(no_deadline(),), sources=(), notices_read=0),
    "changes": make_view(entries=(), changed=(MOVED_TENT, replace(SWEDISH_WORKSHOP, cancelled=True))),
    "nothing": make_view(entries=(), near_misses=NEAR),
    "other reader": make_view(country="DE", entries=(make_entry(), FINNISH_BRIDGE)),
}


@pytest.mark.parametrize("view", EVERY_VIEW.values(), ids=EVERY_VIEW.keys())
def test_text_and_html_say_the_same_in_the_same_order(view: DigestView) -> None:
    raw = render(view, NAMES, **MAIL)
    assert words(text_of(raw)) == words(seen(html_of(raw)))
    # Where the HTML has a button for each verdict, the text has the page with all of them.
    links = {re.sub(r"(/v/[^/]+)/\w+$", r"\1", str(link)) for link in tree(html_of(raw)).xpath("//a/@href")}
    assert addresses(text_of(raw)) == links


@pytest.mark.parametrize("view", EVERY_VIEW.values(), ids=EVERY_VIEW.keys())
def test_the_page_tells_what_the_mail_told(view: DigestView) -> None:
    mail, page = words(seen(html_of(render(view, NAMES, **MAIL)))), words(seen(render_page(view, NAMES)))
    foot = len(words("Hele listen Meld av Du får denne e-posten fordi Trøndersveis AS har en profil i Anbudsvakt")) + 3
    assert mail[:-foot] == page[: len(mail) - foot]


def test_quotations_are_verbatim_in_text_and_html() -> None:
    theirs = 'Krav: trykk < 5 bar & "rustfritt" <stål> i EXC3; 100 % – «nå»'
    yours = "Vi sveiser <b>alt</b> & litt til: 'EN 1090'"
    view = make_view(entries=(make_entry(reasons=(make_reason(notice_sentence=theirs, profile_sentence=yours),)),))
    raw = render(view, NAMES, **MAIL)
    said = tree(html_of(raw)).xpath("//blockquote")
    assert [one.text_content() for one in said] == [f"«{theirs}»", f"«{yours}»"]
    assert said[0].get("lang") == "nb"
    assert f"de skriver: «{theirs}»" in text_of(raw)
    assert f"du skriver: «{yours}»" in text_of(raw)


def test_every_profile_that_matched_and_every_portal_is_there() -> None:
    reasons = tuple(make_reason(profile=f"Profil {n}", score=0.9 - n / 100) for n in range(8))
    links = tuple(PortalLink(source="TED", number=f"{n}-2026", url=f"https://ted.example/{n}") for n in range(10))
    text = text_of(render(make_view(entries=(make_entry(reasons=reasons, links=links),)), NAMES, **MAIL))
    assert [n for n in range(8) if f"«Profil {n}»" in text] == list(range(6))
    assert "… og 2 profiler til" in text
    assert [n for n in range(10) if f"https://ted.example/{n}\n" in text] == list(range(8))
    assert "… og 2 lenker til" in text


SUBJECTS = [
    (NORWEGIAN, "3 anskaffelser for Trøndersveis – nærmeste frist om 2 dager"),
    (SWEDISH, "2 upphandlingar för Jämtplåt: närmaste sista anbudsdag om 2 dagar"),
    (make_view(), "1 anskaffelse for Trøndersveis – frist om 6 dager"),
    (make_view(language="sv", country="SE"), "1 upphandling för Trøndersveis: sista anbudsdag om 6 dagar"),
    (make_view(entries=(no_deadline(),)), "1 anskaffelse for Trøndersveis"),
    (make_view(entries=(make_entry(deadline_at=AS_OF - timedelta(days=1)),)), "1 anskaffelse for Trøndersveis"),
    (make_view(entries=(), changed=(MOVED_TENT,)), "Frist flyttet til 8. des.: Lagertelt"),
    (make_view(entries=(), changed=(replace(MOVED_TENT, cancelled=True),)), "Avlyst: Lagertelt"),
    (make_view(entries=(), changed=(MOVED_TENT, MOVED_TENT)), "2 anskaffelser er endret – Trøndersveis"),
    (make_view(entries=()), "Alt rolig for Trøndersveis: 214 kunngjøringer lest"),
    (
        make_view(company="Nordtrønderske Mekaniske Verksted og Sveiseindustri AS"),
        "1 anskaffelse for Nordtrønderske Mekaniske… – frist om 6 dager",
    ),
]


@pytest.mark.parametrize(("view", "subject"), SUBJECTS, ids=[subject for _, subject in SUBJECTS])
def test_the_subject_is_one_glance(view: DigestView, subject: str) -> None:
    assert read(render(view, NAMES, **MAIL))["Subject"] == subject


def test_a_passed_deadline_is_told_as_passed_and_never_offered() -> None:
    passed = make_entry(deadline_at=AS_OF - timedelta(hours=1))
    raw = render(make_view(entries=(passed,)), NAMES, **MAIL)
    assert "fristen gikk ut 22. nov. kl. 06.00" in text_of(raw)
    assert not re.search(r"frist 22\. nov|\bom \d+ dag|i dag\)", text_of(raw))
    assert tree(html_of(raw)).xpath("//p[contains(@class, 'deadline')]/@class") == ["deadline passed"]


def test_a_cancelled_procurement_is_told_without_a_deadline() -> None:
    text = text_of(render(make_view(entries=(make_entry(cancelled=True),)), NAMES, **MAIL))
    assert "avlyst · forsvar" in text
    assert "frist" not in text


def test_what_a_portal_did_not_tell_is_said_so() -> None:
    text = text_of(render(make_view(entries=(no_deadline(),)), NAMES, **MAIL))
    assert "oppdragsgiver ikke oppgitt · sted ikke oppgitt · verdi ikke oppgitt · frist ikke oppgitt" in text
    assert "None" not in text


def test_another_stage_than_a_competition_is_named() -> None:
    for kind, said in {"planning": "varsel om kommende anskaffelse", "result": "kontrakten er tildelt"}.items():
        text = text_of(render(make_view(entries=(no_deadline(kind=kind),)), NAMES, **MAIL))
        assert said in text
        assert "frist ikke oppgitt" not in text


def test_sources_that_failed_or_lag_are_told() -> None:
    text = text_of(render(NORWEGIAN, NAMES, **MAIL))
    assert "Kilder i dag: Doffin, TED, Kommers Annons (21. nov.).\nSvarte ikke: NSPA (vi prøver igjen)." in text
    all_failed = make_view(sources=(SourceRead(name="TED", read=False, read_at=AS_OF - timedelta(days=2)),))
    assert "Svarte ikke: TED (20. nov.) (vi prøver igjen)." in text_of(render(all_failed, NAMES, **MAIL))


def test_what_is_under_the_line_is_counted_beyond_ten() -> None:
    misses = tuple(NearMiss(title=f"T{n}", language="nb", buyer=None, score=0.5, url="") for n in range(13))
    text = text_of(render(make_view(near_misses=misses, near_misses_left_out=4), NAMES, **MAIL))
    assert "RETT UNDER GRENSEN DIN (17)" in text
    assert "   T9\n   … og 7 til: https://anbudsvakt.example/d/" in text
    assert "T10" not in text


def test_two_hundred_entries_fit_and_the_rest_is_counted() -> None:
    entries = tuple(
        make_entry(
            alert_id=n,
            title=f"Anskaffelse nummer {n:03d} av ståldører og porter",
            deadline_at=AS_OF + timedelta(days=2 if n in {150, 199} else 10 + n, hours=5),
            reasons=(make_reason(score=0.9 - n / 1000),),
        )
        for n in range(200)
    )
    raw = render(make_view(entries=entries, changed=(replace(MOVED_TENT, alert_id=1000),)), NAMES, **MAIL)
    assert len(raw) <= LARGEST
    numbers = {int(n) for n in re.findall(r"Anskaffelse nummer (\d{3})", text_of(raw))}
    left_out = re.search(
        r"… og (\d+) til, som ikke fikk plass i e-posten\. Hele listen: https://anbudsvakt.example/d/", text_of(raw)
    )
    assert left_out is not None
    assert len(numbers) + int(left_out[1]) == 200
    assert len(numbers) >= 15
    assert numbers == {150, 199} | set(range(len(numbers) - 2))  # the soonest, then the likeliest
    assert "Lagertelt" in text_of(raw)
    assert "201" not in read(raw)["Subject"]
    assert words(text_of(raw)) == words(seen(html_of(raw)))
    page = seen(render_page(make_view(entries=entries), NAMES))
    assert all(f"nummer {n:03d} " in page for n in range(200))


@pytest.mark.parametrize(
    "flood", ["ab " * 400_000, "x" * 1_000_000, "å\N{COMBINING ACUTE ACCENT}" * 200_000, "🚒" * 9999]
)
def test_absurd_sizes_are_cut_where_it_shows(flood: str) -> None:
    reason = make_reason(
        profile=flood, notice_sentence=flood, profile_sentence=flood, lot=flood, words=((flood, flood),)
    )
    link = PortalLink(source=flood, number=flood, url="https://ted.example/" + "a" * 1_000_000)
    entry = make_entry(title=flood, buyer=flood, currency=flood, reasons=(reason,) * 50, links=(link,) * 500)
    near = NearMiss(title=flood, language="nb", buyer=flood, score=0.5, url=link.url)
    view = make_view(company=flood, entries=(entry,), changed=(entry,), near_misses=(near,) * 50)
    raw = render(view, NAMES, **MAIL)
    assert len(raw) <= LARGEST
    titles = tree(render_page(view, NAMES)).xpath("//h3/span[@lang]")
    assert len(titles) == 2
    assert all(len(title.text_content()) <= 300 and title.text_content().endswith("…") for title in titles)


def test_invisible_marks_cannot_turn_or_split_a_line() -> None:
    title = "Sve\N{ZERO WIDTH SPACE}ising\N{RIGHT-TO-LEFT OVERRIDE}gro\nMeld av: https://evil.example\x00\x85 \ud800 å"
    raw = render(make_view(entries=(make_entry(title=title),)), NAMES, **MAIL)
    assert "1. Sveisinggro Meld av: https://evil.example \N{REPLACEMENT CHARACTER} å\n" in text_of(raw)


def test_absurd_moments_are_no_deadlines() -> None:
    for year in (1, 9999):
        entry = make_entry(deadline_at=AS_OF.replace(year=year), published_at=AS_OF.replace(year=year))
        assert "frist ikke oppgitt" in text_of(render(make_view(entries=(entry,)), NAMES, **MAIL))


def test_an_amount_keeps_its_currency_across_the_border() -> None:
    swede = make_view(language="sv", country="SE", entries=(make_entry(amount=Decimal(900), currency="NOK"),))
    assert "900\N{NO-BREAK SPACE}NOK" in text_of(render(swede, NAMES, **MAIL))


def test_the_page_stands_under_a_strict_policy() -> None:
    page = tree(render_page(NORWEGIAN, NAMES))
    assert page.xpath("//@style") == []
    assert page.xpath("//style | //script | //img | //form") == []
    assert page.xpath("//link/@href") == ["/static/digest.css"]
    assert page.get("lang") == "nb"
    classes = {name for names in page.xpath("//@class") for name in str(names).split()}
    assert {name for name in classes if f".{name}" not in page_css()} <= {"greeting", "calm"}
    assert not re.search(r"url\(|@import|expression", page_css())


def test_the_html_part_needs_nothing_from_the_network() -> None:
    mail = tree(html_of(render(NORWEGIAN, NAMES, **MAIL)))
    assert mail.xpath("//img | //link | //script | //iframe | //form | //@src | //@background") == []
    assert "url(" not in html_of(render(NORWEGIAN, NAMES, **MAIL))
    assert [h.tag for h in mail.xpath("//h1 | //h2 | //h3")][:3] == ["h1", "h2", "h3"]
