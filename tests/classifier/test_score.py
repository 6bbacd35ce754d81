"""Does the scorer tell trades apart across the border, and can it say why in words that stand there?"""

import math
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifier.encoder import Encoder, load_encoder
from classifier.grams import BUCKETS, grams
from classifier.letters import Letters
from classifier.meeting import agreed_digits
from classifier.prepared import says_what_it_does
from classifier.score import Scored, Scorer
from classifier.text import LotText, NoticeText, ProfileText, Section, sentences
from db import reference


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder()


@pytest.fixture(scope="module")
def scorer(encoder: Encoder) -> Scorer:
    return Scorer(encoder, reference.builtin())


def one(scorer: Scorer, notice: NoticeText, profile: ProfileText) -> Scored:
    return scorer.score([notice], scorer.roster([profile]))[0][0]


class Trade(NamedTuple):
    """A Swedish and a Norwegian firm of one trade, and a Norwegian and a Swedish notice for it: title, description."""

    sv_firm: str
    nb_firm: str
    nb_notice: tuple[str, str]
    sv_notice: tuple[str, str]


TRADES = {
    "welding": Trade(
        "Vi svetsar och bockar plåt i stål och aluminium. Vi bygger räcken och stativ efter ritning.",
        "Vi sveiser og knekker plater i stål og aluminium. Vi bygger rekkverk og stativer etter tegning.",
        ("Rammeavtale sveisearbeider og rekkverk", "Leverandøren skal sveise rekkverk i stål til våre brygger."),
        ("Ramavtal svetsarbeten och räcken", "Leverantören ska svetsa räcken i stål till våra kajer."),
    ),
    "catering": Trade(
        "Vi lagar mat och serverar måltider från mobila fältkök. Vi levererar frukost och lunchlådor.",
        "Vi lager mat og serverer måltider fra mobile feltkjøkken. Vi leverer frokost og lunsjpakker.",
        ("Catering og servering av måltider under øvelse", "Det skal serveres frokost, lunsj og middag."),
        ("Catering och servering av måltider vid övning", "Frukost, lunch och middag ska serveras."),
    ),
    "cleaning": Trade(
        "Vi städar kontor, skolor och förläggningar. Vi gör golvvård och fönsterputs.",
        "Vi vasker kontorer, skoler og forlegninger. Vi utfører renhold, gulvbehandling og vinduspuss.",
        ("Renholdstjenester i kommunens skoler", "Daglig renhold og vinduspuss."),
        ("Städtjänster i kommunens skolor", "Daglig städning och fönsterputs."),
    ),
    "snow": Trade(
        "Vi plogar snö och sandar vägar. Vi underhåller diken och grusvägar.",
        "Vi brøyter snø og strør veier. Vi vedlikeholder grøfter og grusveier.",
        ("Brøyting og strøing av kommunale veier", "Oppdraget gjelder vintervedlikehold av veier."),
        ("Snöröjning och sandning av kommunala vägar", "Uppdraget gäller vinterväghållning."),
    ),
    "interpreting": Trade(
        "Vi förmedlar tolkar och översättare till myndigheter.",
        "Vi formidler tolker og oversettere til myndigheter.",
        ("Rammeavtale tolketjenester", "Tolking og oversettelse for politiet."),
        ("Ramavtal tolktjänster", "Tolkning och översättning åt polisen."),
    ),
}


@pytest.mark.parametrize("coded", [True, False], ids=["with codes", "words alone"])
@pytest.mark.parametrize("across", ["sv-nb", "nb-sv"])
def test_each_trade_across_the_border_scores_above_every_other(scorer: Scorer, across: str, coded: bool) -> None:
    swedish_firm = across == "sv-nb"
    firms = [
        ProfileText(sentences=tuple(sentences(trade.sv_firm if swedish_firm else trade.nb_firm)), language=across[:2])
        for trade in TRADES.values()
    ]
    codes = ("45262670", "55520000", "90910000", "90620000", "79540000") if coded else ("",) * 5
    notices = [
        NoticeText(
            title=(trade.nb_notice if swedish_firm else trade.sv_notice)[0],
            description=(trade.nb_notice if swedish_firm else trade.sv_notice)[1],
            language=across[3:],
            cpv=(code,) if code else (),
        )
        for trade, code in zip(TRADES.values(), codes, strict=True)
    ]

    scores = scorer.chances(notices, scorer.roster(firms))

    for trade, name in enumerate(TRADES):
        others = np.delete(scores[:, trade], trade)
        assert scores[trade, trade] > others.max(), f"{name}: a notice of another trade scores higher"
        assert scores[trade, trade] > np.delete(scores[trade], trade).max(), f"{name}: a firm of another trade does"


def test_the_border_costs_little(scorer: Scorer) -> None:
    swedish, norwegian, notice, _ = TRADES["welding"]
    at_home = ProfileText(sentences=tuple(sentences(norwegian)), language="nb", cpv=("45262670",))
    abroad = ProfileText(sentences=tuple(sentences(swedish)), language="sv", cpv=("45262670",))
    told = NoticeText(title=notice[0], description=notice[1], language="nb", cpv=("45262670",))
    assert one(scorer, told, at_home).score > scorer.default_threshold
    assert one(scorer, told, abroad).score > scorer.default_threshold


def test_the_best_lot_counts_and_is_named(scorer: Scorer) -> None:
    firm = ProfileText(sentences=("Vi svetsar räcken och stativ i stål.",), language="sv")
    lots = (
        LotText(identifier="LOT-0001", title="Møbler", description="Pulter og stoler til kontor."),
        LotText(identifier="LOT-0002", title="Sveising", description="Lim skal ikke brukes. Rekkverk sveises i stål."),
    )
    listed = NoticeText(title="Diverse innkjøp", language="nb", lots=lots)

    scored = one(scorer, listed, firm)

    assert scored.evidence.lot == "LOT-0002"
    assert scored.evidence.section in (Section.LOT_TITLE, Section.LOT_DESCRIPTION)
    assert scored.score > one(scorer, NoticeText(title="Diverse innkjøp", language="nb", lots=lots[:1]), firm).score


def test_the_last_sentence_of_a_long_notice_is_read(scorer: Scorer) -> None:
    firm = ProfileText(sentences=("Vi svetsar räcken i stål.",), language="sv")
    filler = "".join(f"Etasje {floor} skal males. " for floor in range(400))
    with_it = NoticeText(title="Konkurranse", description=filler + "Rekkverk skal sveises i stål.", language="nb")

    scored = one(scorer, with_it, firm)

    assert scored.evidence.notice_sentence == "Rekkverk skal sveises i stål."
    assert scored.score > one(scorer, NoticeText(title="Konkurranse", description=filler, language="nb"), firm).score


def test_where_no_word_is_shared_the_title_is_quoted_and_no_phrase_of_procedure(scorer: Scorer) -> None:
    notice = NoticeText(
        title="Nytt fylkeshus i innlandet",
        description="Alle interesserte kan sende inn en søknad om å få delta. Vi utfører opphold. Åpning skjer digitalt.",
        language="nb",
        cpv=("45210000",),
    )
    firm = ProfileText(sentences=("Vi utfører grunnarbeider, forskaling og betong.",), language="nb", cpv=("45200000",))
    told = one(scorer, notice, firm)
    assert told.score >= scorer.keep_floor
    assert told.evidence.words == ()
    assert told.evidence.notice_sentence == notice.title


def test_words_that_mean_the_same_are_named_together(scorer: Scorer) -> None:
    firm = ProfileText(sentences=("Vi svetsar räcken i stål.",), language="sv", cpv=("45262670",))
    notice = NoticeText(title="Rekkverk skal sveises i stål", language="nb", cpv=("45262670",))
    assert {("sveises", "svetsar"), ("stål", "stål")} <= set(one(scorer, notice, firm).evidence.words)


def test_words_are_whole_words_of_both_sentences(scorer: Scorer) -> None:
    swedish, _, notice, _ = TRADES["cleaning"]
    firm = ProfileText(sentences=tuple(sentences(swedish)), language="sv", cpv=("90910000",))
    told = NoticeText(title=notice[0], description=notice[1], language="nb", cpv=("90911000",))

    evidence = one(scorer, told, firm).evidence

    assert evidence.words
    assert len(evidence.words) <= 4
    for mine, theirs in evidence.words:
        assert mine in evidence.notice_sentence.replace(".", "").replace(",", "").split()
        assert theirs in evidence.profile_sentence.replace(".", "").replace(",", "").split()
    assert evidence.shared_cpv == ("90911000",)


def test_what_a_firm_does_not_do_is_never_quoted(scorer: Scorer) -> None:
    firm = ProfileText(
        sentences=("Vi svetsar räcken i stål.", "Vi lagar inte mat och serverar inga måltider."), language="sv"
    )
    meal = NoticeText(title="Servering av måltider", language="nb")
    assert one(scorer, meal, firm).evidence.profile_sentence == "Vi svetsar räcken i stål."


@pytest.mark.parametrize(
    ("sentence", "does"),
    [
        ("Vi gör inte gjutgods.", False),
        ("Vi leverer ikke bemannede fly.", False),
        ("Vi tek ikkje personbilar.", False),
        ("We do not repair cars.", False),
        ("Vi leverer ikke bare droner, men også opplæring.", True),
        ("Vi gör innovationer inom inneklimat.", True),
    ],
)
def test_a_refusal_is_told_from_an_offer(sentence: str, does: bool) -> None:
    assert says_what_it_does(sentence) is does


EMPTY = [
    NoticeText(title="", language="nb"),
    NoticeText(title="Brøyting", language="nb"),
    NoticeText(title="", description="", language="sv", cpv=("90620000",)),
    NoticeText(title="…", description="•", language="xx", cpv=("nonsense", ""), lots=(LotText(identifier="1"),)),
]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("said", [(), ("",), ("…",), ("Vi brøyter.",), ("Vi gjør ikke noe.",)])
@pytest.mark.parametrize("cpv", [(), ("90620000",), ("bad",)])
def test_empty_things_have_a_score_and_quote_what_there_is(
    scorer: Scorer, said: tuple[str, ...], cpv: tuple[str, ...]
) -> None:
    roster = scorer.roster([ProfileText(sentences=said, language="nb", cpv=cpv)])
    for (scored,) in scorer.score(EMPTY, roster):
        assert 0 <= scored.score <= 1
        assert not math.isnan(scored.score)


def test_nothing_against_nothing_is_nothing(scorer: Scorer) -> None:
    nobody = scorer.roster([])
    assert scorer.score([], nobody) == []
    assert scorer.score([EMPTY[0]], nobody) == [[]]
    assert scorer.chances([EMPTY[0]], nobody).shape == (1, 0)


PIECES = st.sampled_from(
    [
        "Sveising",
        "av",
        "rekkverk.",
        "Kl. 12.00",
        "bl.a.",
        "\n",
        "•",
        "1.",
        "Städning",
        "kjøretøy",
        "–",
        "(nr. 3)",
        "Båt!",
    ]
)
TEXTS = st.lists(PIECES, max_size=15).map(" ".join)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=TEXTS, description=TEXTS, lot=TEXTS, told=st.lists(TEXTS, max_size=3))
def test_what_is_quoted_stands_there(scorer: Scorer, title: str, description: str, lot: str, told: list[str]) -> None:
    notice = NoticeText(title=title, description=description, language="nb", lots=(LotText(identifier="1", title=lot),))
    evidence = one(scorer, notice, ProfileText(sentences=tuple(told), language="sv", cpv=("45262670",))).evidence
    assert any(evidence.notice_sentence in text for text in (title, description, lot))
    assert evidence.profile_sentence in (*told, "")
    for mine, theirs in evidence.words:
        assert mine in evidence.notice_sentence
        assert theirs in evidence.profile_sentence


def test_a_score_does_not_depend_on_its_company(scorer: Scorer) -> None:
    notices = [
        NoticeText(title=trade.nb_notice[0], description=trade.nb_notice[1], language="nb") for trade in TRADES.values()
    ]
    profiles = [ProfileText(sentences=(trade.sv_firm,), language="sv") for trade in TRADES.values()]
    together = scorer.score(notices, scorer.roster(profiles))
    for row, notice in enumerate(notices):
        for column, profile in enumerate(profiles):
            alone = one(scorer, notice, profile)
            assert alone.score == pytest.approx(together[row][column].score, abs=1e-6)
            assert alone.evidence == together[row][column].evidence


def test_revision_threshold_and_floor_are_told(scorer: Scorer, encoder: Encoder) -> None:
    assert scorer.revision.startswith(encoder.revision + ".")
    assert 0 < scorer.keep_floor < scorer.default_threshold < 1


def test_shared_digits_are_counted_from_the_left() -> None:
    agreed = agreed_digits(["4526267", "33", "35"], ["45262", "90", "3561", "35", "33", ""])
    assert agreed.tolist() == [[5, 0, 0, 0, 0, 0], [0, 0, 0, 0, 2, 0], [0, 0, 2, 2, 0, 0]]
    assert agreed_digits([], ["33"]).shape == (0, 1)


def test_letters_see_the_same_word_in_two_spellings() -> None:
    rarity = np.ones(BUCKETS, dtype=np.float32)
    firms = grams(["radiokommunikation för räddningstjänst", "catering", ""], rarity)
    told = grams(["Radiokommunikasjon for redningstjeneste"], rarity)
    ((close, far, nothing),) = Letters(firms, share=0.5).likeness(told)
    assert close > 0.3
    assert far < 0.05
    assert nothing == 0
