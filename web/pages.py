"""How does a page of ours get its words? Templates with texts in the reader's language, in one frame for all pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

from alerts.texts import texts
from db.languages import LANGUAGES
from web.api.problem import problem
from web.csrf import SAFE, proof_for
from web.session import new_token, put_cookie, token_of

HERE: Final = Path(__file__).parent
TEXTS: Final = HERE / "texts"
DEFAULT_LANGUAGE: Final = "nb"
# Where the coverage page is, in each language: whoever is sent the address reads it in the sender's.
COVERAGE: Final[Mapping[str, str]] = MappingProxyType(
    {"nb": "/dekning", "nn": "/dekking", "sv": "/täckning", "en": "/coverage"}
)
# Which words tell which failure; any other one is told as trouble of our own.
TOLD: Final = {
    400: "unreadable", 403: "not_allowed", 404: "missing", 405: "not_so", 413: "too_much", 429: "too_often",
}  # fmt: skip
Link = tuple[str, str]
# What the head of a page leads to: path and the key of its words, for who is logged in as what, and for nobody.
SUBSCRIBER_NAV: Final = (
    ("/me", "nav.me"),
    ("/me/matches", "nav.matches"),
    ("/me/profiles", "nav.profiles"),
    ("/me/digests", "nav.digests"),
    ("/me/settings", "nav.settings"),
)
# Too many for one row: what each group is about, and its links.
ADMIN_NAV: Final = (
    ("nav.firms", (("/admin/subscribers", "nav.subscribers"), ("/admin/lab", "nav.lab"), ("/admin/scores", "nav.scores"))),
    (
        "nav.portals",
        (
            ("/admin/sources", "nav.sources"),
            ("/admin/quarantine", "nav.quarantine"),
            ("/admin/procurements", "nav.procurements"),
        ),
    ),
    ("nav.mail", (("/admin/deliveries", "nav.deliveries"), ("/admin/suppressions", "nav.suppressions"))),
    ("nav.overview", (("/admin", "nav.admin"), ("/admin/report", "nav.report"), ("/admin/alarms", "nav.alarms"), ("/admin/audit", "nav.log"))),
)  # fmt: skip
PUBLIC_NAV: Final = (("/login", "nav.log_in"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around a page's own content. ``log_out``: where its button posts, if there is one.

    ``here``: which of the links the page stands under; ``exact``: it is the very page that the link leads to.
    """

    home: str = "/"
    nav: tuple[Link, ...] = ()
    groups: tuple[tuple[str, tuple[Link, ...]], ...] = ()
    here: str = ""
    exact: bool = True
    log_out: str | None = None
    tongues: tuple[str, ...] = ()


class Proof:
    """The proof that a form needs, made when a template first asks, so that a page without a form sets no cookie."""

    def __init__(self, request: Request) -> None:
        self.token = token_of(request)
        self.fresh = False

    def __call__(self) -> str:
        """What the form holds."""
        if self.token is None:
            self.token, self.fresh = new_token(), True
        return proof_for(self.token)


def page(template: str, language: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """One of our pages, said in this language, for whoever has its address: without a form that needs a proof."""
    return _rendered(template, language, status, frame=Frame(), proof=None, **values)


def answer(request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """A page for who asks: in their language, with the navigation they may use, and with proof for its forms.

    A template that has a form writes ``{{ form.open(proof) }}``; see ``templates/form.html``.
    """
    proof = Proof(request)
    reply = _rendered(template, language_of(request), status, frame=_frame(request), proof=proof, **values)
    if proof.fresh and proof.token is not None:
        put_cookie(reply, proof.token)
    return reply


def error_page(scope: Scope, status: int) -> Response:
    """A failure in words, in the language that the browser asks for, since nobody is known here; a program is told as one."""
    if scope["path"].startswith("/api/"):
        return problem(status)
    return page("error.html", asked_for(Request(scope)), status=status, key=TOLD.get(status, "trouble"))


def language_of(request: Request) -> str:
    """The language of who is logged in, else the one in the address, else the browser's."""
    known = getattr(request.state, "subscriber", None) or getattr(request.state, "administrator", None)
    if known is not None:
        return str(known.language)
    wanted = request.query_params.get("lang")
    return wanted if wanted in LANGUAGES else asked_for(request)


def asked_for(request: Request) -> str:
    """The first language of Accept-Language that we speak."""
    for wish in request.headers.get("accept-language", "").split(","):
        language = wish.partition(";")[0].strip().lower().partition("-")[0]
        language = "nb" if language == "no" else language
        if language in LANGUAGES:
            return language
    return DEFAULT_LANGUAGE


def same_language(request: Request, path: str) -> str:
    """A path of ours, with the language that the reader chose in the address, if they did."""
    wanted = request.query_params.get("lang")
    return f"{path}?lang={wanted}" if wanted in LANGUAGES else path


def _frame(request: Request) -> Frame:
    here = request.url.path
    under = "/".join(here.split("/")[:3])  # a row's own page stands under its list
    if hasattr(request.state, "subscriber"):
        return Frame(home="/me", nav=SUBSCRIBER_NAV, here=under, exact=under == here, log_out="/logout")
    if hasattr(request.state, "administrator"):
        return Frame(home="/admin", groups=ADMIN_NAV, here=under, exact=under == here, log_out="/admin/logout")
    # Another language is another address, which a page that answers a form has not: what was filled in would be lost.
    tongues = LANGUAGES if request.method in SAFE else ()
    nav = tuple((same_language(request, path), key) for path, key in PUBLIC_NAV if path != here)
    return Frame(home=same_language(request, "/"), nav=nav, here=here, tongues=tongues)


def _rendered(
    template: str, language: str, status: int, *, frame: Frame, proof: Proof | None, **values: object
) -> HTMLResponse:
    words = texts(language, TEXTS)
    body = _environment().get_template(template).render(
        texts=words, coverage_path=COVERAGE[words.language], frame=frame, proof=proof, **values
    )  # fmt: skip
    return HTMLResponse(body, status_code=status, headers={"Content-Language": words.language})


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
