"""What does a week's report say, in the reader's language? Sentences, tables and charts, for the page and the mail alike."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from babel.dates import format_interval
from babel.numbers import format_decimal

from alerts.bars import Bar, Bars
from alerts.speak import Names
from alerts.texts import Texts, texts
from alerts.week_report import FEWEST_FIRMS, Met, Week, WeekReport

LONGEST = 12  # rows of a table; the rest is counted
NOWHERE = ""
PAGE = "/admin/report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table: a name, then figures; "" is a figure that is not told."""

    name: str
    figures: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One heading with its table, and the same as a chart where a picture tells it better."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    rest: str | None = None
    chart: Bars | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekTold:
    """The whole report in words."""

    texts: Texts
    title: str
    lead: tuple[str, ...]
    parts: tuple[Part, ...]
    foot: tuple[str, ...]


def tell_week(report: WeekReport, language: str, names: Names) -> WeekTold:
    """The report as this language says it; pure. Raises TextMissing for a language that we do not speak."""
    return _Teller(texts(language), names).whole(report)


def page_of(week: Week) -> str:
    """Where an administrator reads it."""
    return f"{PAGE}/{week.year}/{week.number}"


class _Teller:
    def __init__(self, words: Texts, names: Names) -> None:
        self.words, self.names = words, names

    def whole(self, report: WeekReport) -> WeekTold:
        say = self.words.say
        return WeekTold(
            texts=self.words,
            title=say("week.title", number=str(report.week.number), days=self._days(report.week)),
            lead=tuple(self._lead(report)),
            parts=tuple(part for part in self._parts(report) if part.rows),
            foot=(
                say("week.counted"),
                say("week.hidden", fewest=self.words.number(FEWEST_FIRMS)),
            ),
        )

    def _lead(self, report: WeekReport) -> Iterator[str]:
        yield self.words.plural("week.came", report.all.came)
        if report.all.served is not None and report.all.came:
            yield self.words.plural("week.served", report.all.served)
        if report.all.unserved:
            yield self.words.plural("week.unserved", report.all.unserved)
        if report.firms is not None:
            yield self.words.plural("week.firms", report.firms)

    def _parts(self, report: WeekReport) -> Iterator[Part]:
        countries = {self._country(code): met for code, met in report.countries.items()}
        branches = {
            self.names.cpv_name(code, self.words.language) or code: met for code, met in report.branches.items()
        }
        gaps = {name: met for name, met in branches.items() if met.unserved}
        yield self._counted(
            "scopes", {self.words.say(f"week.scope.{scope}"): met for scope, met in report.scopes.items()}
        )
        yield self._counted("gaps", dict(sorted(gaps.items(), key=lambda pair: -(pair[1].unserved or 0))))
        yield self._counted("regions", {self._region(code): met for code, met in report.regions.items()})
        yield self._counted("countries", countries)
        yield self._crossings(report)

    def _counted(self, what: str, table: Mapping[str, Met]) -> Part:
        say = self.words.say
        told = {name: met for name, met in table.items() if met.came}
        shown = dict(list(told.items())[:LONGEST])
        heading = say(f"week.{what}")
        open_to_all = all(met.served is not None for met in shown.values())
        return Part(
            heading=heading,
            columns=(
                say("week.column.name"),
                say("week.column.came"),
                say("week.column.served"),
                say("week.column.unserved"),
            ),
            rows=tuple(
                Row(name=name, figures=tuple(map(self._figure, (met.came, met.served, met.unserved))))
                for name, met in shown.items()
            ),
            rest=self.words.plural("week.rest", len(told) - len(shown)) if len(told) > len(shown) else None,
            chart=Bars(
                title=heading,
                first=say("week.column.served") if open_to_all else say("week.column.came"),
                second=say("week.column.unserved") if open_to_all else "",
                bars=tuple(
                    Bar(name=name, said=self._figure(met.came), first=met.served or 0, second=met.unserved or 0)
                    if open_to_all
                    else Bar(name=name, said=self._figure(met.came), first=met.came)
                    for name, met in shown.items()
                ),
            )
            if shown
            else None,
        )

    def _crossings(self, report: WeekReport) -> Part:
        say = self.words.say
        return Part(
            heading=say("week.crossings"),
            columns=(say("week.column.from"), say("week.column.to"), say("week.column.alerts")),
            rows=tuple(
                Row(name=self._country(one.buyers), figures=(self._country(one.firms), self._figure(one.alerts)))
                for one in report.crossings
            ),
        )

    def _figure(self, count: int | None) -> str:
        return "" if count is None else str(format_decimal(count, locale=self.words.locale))

    def _country(self, code: str) -> str:
        if code == NOWHERE:
            return self.words.say("week.nowhere")
        return str(self.words.locale.territories.get(code, code))

    def _region(self, code: str) -> str:
        return self.names.nuts_name(code, self.words.language) or code

    def _days(self, week: Week) -> str:
        last = week.first + timedelta(days=6)
        return str(format_interval(week.first, last, "yMMMMd", locale=self.words.locale))
