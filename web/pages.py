"""How does a page of ours get its words? Templates with texts in the reader's language."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

from alerts.texts import languages, texts
from web.api.problem import problem

HERE: Final = Path(__file__).parent
TEXTS: Final = HERE / "texts"
DEFAULT_LANGUAGE: Final = "nb"
# Where the coverage page is, in each language: whoever is sent the address reads it in the sender's.
COVERAGE: Final[Mapping[str, str]] = MappingProxyType(
    {"nb": "/dekning", "nn": "/dekking", "sv": "/täckning", "en": "/coverage"}
)
# Which words tell which failure; any other one is told as trouble of our own.
TOLD: Final = {404: "missing", 405: "not_so", 413: "too_much"}


def page(template: str, language: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """One of our pages, said in this language."""
    words = texts(language, TEXTS)
    body = _environment().get_template(template).render(texts=words, coverage_path=COVERAGE[words.language], **values)
    return HTMLResponse(body, status_code=status, headers={"Content-Language": words.language})


def error_page(scope: Scope, status: int) -> Response:
    """A failure in words, in the language that the browser asks for, since nobody is known here; a program is told as one."""
    if scope["path"].startswith("/api/"):
        return problem(status)
    return page("error.html", asked_for(Request(scope)), status=status, key=TOLD.get(status, "trouble"))


def asked_for(request: Request) -> str:
    """The first language of Accept-Language that we speak."""
    for wish in request.headers.get("accept-language", "").split(","):
        language = wish.partition(";")[0].strip().lower().partition("-")[0]
        language = "nb" if language == "no" else language
        if language in languages(TEXTS):
            return language
    return DEFAULT_LANGUAGE


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
