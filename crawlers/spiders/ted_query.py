"""What do we ask TED's Search API for? The query, the fields and how many notices fit a page (sources.md §2.2 to 2.4)."""

from datetime import date
from typing import Final

# Names that the service was seen to accept; one unknown name rejects the whole request. No contact fields: what is
# not asked for need not be dropped. ``links`` comes unasked.
FIELDS: Final = (
    # identity
    "publication-number",
    "notice-identifier",
    "notice-version",
    "procedure-identifier",
    "internal-identifier-proc",
    "previous-notice-id-proc",
    "change-notice-version-identifier",
    "change-reason-code",
    "publication-date",
    # kind
    "notice-type",
    "notice-subtype",
    "form-type",
    "legal-basis",
    "procedure-type",
    "contract-nature",
    "framework-agreement-lot",
    # texts
    "notice-title",
    "title-proc",
    "title-lot",
    "title-part",
    "description-proc",
    "description-lot",
    "description-part",
    # buyer
    "buyer-name",
    "buyer-identifier",
    "buyer-country",
    "buyer-city",
    "authority-main-activity",
    # subject and place
    "classification-cpv",
    "main-classification-proc",
    "main-classification-lot",
    "additional-classification-proc",
    "place-of-performance",
    "place-of-performance-country-proc",
    # deadlines; "deadline-date-lot" is another moment than the one to tender by, and is left alone
    "deadline-receipt-tender-date-lot",
    "deadline-receipt-tender-time-lot",
    "deadline-receipt-request-date-lot",
    "deadline-receipt-request-time-lot",
    # money
    "estimated-value-proc",
    "estimated-value-cur-proc",
    "estimated-value-lot",
    "estimated-value-cur-lot",
    "framework-maximum-value-lot",
    "total-value",
    "total-value-cur",
    # lots, languages, addresses
    "identifier-lot",
    "submission-language",
    "document-url-lot",
    "submission-url-lot",
)
LARGEST_PAGE: Final = 250
FIELDS_PER_PAGE: Final = 10_000  # the service counts a name or two more than was sent, hence the + 1 below
PAGE: Final = min(LARGEST_PAGE, FIELDS_PER_PAGE // (len(FIELDS) + 1))
# page times limit may not pass 15,000: beyond it PAGE_NUMBER answers SEARCH_WINDOW_TOO_WIDE.
WINDOW: Final = 15_000 // PAGE * PAGE


def query(since: date, until: date) -> str:
    """All notices of Swedish and Norwegian buyers, and every defence notice of Europe, published on these days.

    Nothing is left out here by subject: what concerns whom is for the scorer to say.
    """
    return (
        "(buyer-country IN (SWE NOR) OR legal-basis = 32009L0081 OR authority-main-activity = defence)"
        f" AND publication-date >= {since:%Y%m%d} AND publication-date <= {until:%Y%m%d}"
        " SORT BY publication-date DESC"
    )


def body(since: date, until: date, *, page: int | None = None, token: str | None = None) -> dict[str, object]:
    """The request: page by number from 1, or the next one after a token (None: the first)."""
    asked: dict[str, object] = {"query": query(since, until), "fields": list(FIELDS), "limit": PAGE, "scope": "ALL"}
    if page is not None:
        return asked | {"paginationMode": "PAGE_NUMBER", "page": page}
    if token is not None:
        asked["iterationNextToken"] = token
    return asked | {"paginationMode": "ITERATION"}
