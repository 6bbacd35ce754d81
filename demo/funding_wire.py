"""How does the search of the EU Funding & Tenders portal answer, with its lists, its doubles and its pages?

Pure: the parts of the request in, status and answer out. Beside the calls of `funding.toml` it holds those of the Union's
other programmes, which are many more.
"""

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

from demo.catalogue import FOLDER

PATH = "/search-api/prod/rest/search"
API_KEY = "SEDIA"
FORTHCOMING, OPEN, CLOSED = "31094501", "31094502", "31094503"
LARGEST_PAGE = 100
SUBJECTS = ("Peatland restoration", "Youth exchanges", "Battery recycling", "Rare diseases", "Film festivals",
            "Soil health", "Urban mobility", "Language learning", "Offshore wind", "Cancer screening")  # fmt: skip
OTHERS = 13  # calls of other programmes on each subject
Record = dict[str, Any]


def search(parameters: Mapping[str, str], parts: Mapping[str, Any], today: date) -> tuple[int, dict[str, Any]]:
    """Status and answer of `POST …/search`; ``parts`` are those parts of the form that call themselves JSON, decoded."""
    if parameters.get("apiKey") != API_KEY:
        return 403, {"message": "The apiKey is not known"}
    if "query" not in parts:
        return 500, {"message": "Internal Server Error"}
    number, size = int(parameters.get("pageNumber", "1")), min(LARGEST_PAGE, int(parameters.get("pageSize", "10")))
    found = [record for record in records(today) if _asked_for(record, parts)]
    found.sort(key=lambda record: (record["metadata"]["sortStatus"], _digest(record["reference"])))
    return 200, {
        "apiVersion": "2.142",
        "terms": parameters.get("text", ""),
        "responseTime": 41,
        "totalResults": len(found),
        "pageNumber": number,
        "pageSize": size,
        "sort": "sortStatus:ASC",
        "results": found[(number - 1) * size : number * size],
    }


def records(today: date) -> Iterator[Record]:
    """All that the portal holds, closed calls and other languages included."""
    for row in _rows():
        yield _record(row, today)
        if row.get("stub"):
            yield _stub(row, today)
    for place in range(OTHERS * len(SUBJECTS)):
        yield _record(_other(place), today)


def _asked_for(record: Record, parts: Mapping[str, Any]) -> bool:
    wanted = [rule["terms"] for rule in parts["query"].get("bool", {}).get("must", ()) if "terms" in rule]
    told = record["metadata"]
    return record["language"] in parts.get("languages", [record["language"]]) and all(
        set(values) & set(told.get(name, ())) for terms in wanted for name, values in terms.items()
    )


@cache
def _rows() -> tuple[dict[str, Any], ...]:
    return tuple(tomllib.loads((FOLDER / "funding.toml").read_text(encoding="utf-8"))["call"])


def _other(place: int) -> dict[str, Any]:
    subject, number = SUBJECTS[place % len(SUBJECTS)], place // len(SUBJECTS) + 1
    return {
        "identifier": f"LIFE-2026-{subject.split()[0].upper()}-{number:02d}",
        "call": "LIFE-2026",
        "call_title": "Programme for the Environment and Climate Action",
        "programme": 43252405,
        "action": "LIFE Project Grants",
        "opens": 15 if place % 3 else -40,
        "deadlines": [60 + place],
        "closed": place % 11 == 0,
        "title": f"{subject}, part {number}",
        "text": f"<p>{subject} in the regions of the Union.</p>",
    }


def _record(row: Mapping[str, Any], today: date) -> Record:
    identifier, kind = row["identifier"], row.get("type", "1")
    status = CLOSED if row.get("closed") else FORTHCOMING if row["opens"] > 0 else OPEN
    clock = f"T{row.get('clock', '00:00:00')}.000+0000"
    told: dict[str, Any] = {
        "identifier": [identifier],
        "title": [row["title"]],
        "type": [kind],
        "status": [status],
        "sortStatus": [{OPEN: "1", FORTHCOMING: "2", CLOSED: "3"}[status]],
        "startDate": [_moment(today, row["opens"], clock)],
        "deadlineDate": [_moment(today, day, clock) for day in row["deadlines"]],
        "frameworkProgramme": [str(row["programme"])],
        "programmePeriod": ["2021 - 2027"],
        "tags": row.get("tags", []),
        "descriptionByte": [row["text"]] if "text" in row else [],
        "language": ["en"],
    }
    if kind == "1":
        told |= {
            "callIdentifier": [row["call"]],
            "callTitle": [row["call_title"]],
            "typesOfAction": [row["action"]],
            "budgetOverview": [json.dumps(_overview(row))] if "budget" in row else [],
        }
    elif "budget" in row:
        told |= {"budget": [row["budget"]], "currency": ["EUR"]}
    name = f"{_digest(identifier)[:8]}{'TOPICS' if kind == '1' else 'PROSPECTS'}en"
    return {
        "apiVersion": "2.142",
        "reference": name,
        "url": f"https://ec.europa.eu/info/funding-tenders/opportunities/data/topicDetails/{identifier.lower()}.json",
        "summary": row["title"],
        "language": "en",
        "database": "SEDIA",
        "metadata": told,
    }


def _stub(row: Mapping[str, Any], today: date) -> Record:
    """Another record of the same call, with its name, its dates and no text."""
    record = _record(row, today)
    record["reference"] = f"{_digest('stub/' + row['identifier'])[:8]}TOPICSen"
    record["metadata"] = {
        name: record["metadata"][name] for name in ("identifier", "title", "type", "status", "sortStatus")
    }
    return record


def _overview(row: Mapping[str, Any]) -> dict[str, Any]:
    """The budget of a call, all its topics under one key; the neighbour's money is not this topic's."""
    actions = [(row["identifier"], row["budget"]), (f"{row['call']}-NEIGHBOUR", 7_000_000)]
    return {
        "budgetTopicActionMap": {
            "1": [
                {"action": f"{name} - {row['action']}", "budgetYearMap": {"2026": str(amount)}, "expectedGrants": 2}
                for name, amount in actions
            ]
        }
    }


def _moment(today: date, days: int, clock: str) -> str:
    return f"{today + timedelta(days=days)}{clock}"


def _digest(text: str) -> str:
    return str(int(hashlib.sha256(text.encode()).hexdigest(), 16))
