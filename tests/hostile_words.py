"""Which words would be markup, script or a template if somebody forgot to escape them? Five hundred (promises.md H8)."""

from dataclasses import replace
from itertools import cycle, islice, product

from digest_views import make_entry, make_reason, make_view

from alerts.view import DigestView, NearMiss, PortalLink, SourceRead

# Each calls alert(), so that a browser tells when one has run.
_ELEMENTS = (
    "<script>{0}</script>", "<SCRIPT>{0}</SCRIPT>", "<script/x>{0}</script>", "<svg/onload={0}>", "<img src=x onerror={0}>",
    "<img src='x' onerror='{0}'>", "<iframe src='javascript:{0}'></iframe>", "<a href='javascript:{0}'>x</a>",
    "<body onload={0}>", "<input autofocus onfocus={0}>", "<details open ontoggle={0}>x</details>",
    "<video><source onerror={0}></video>", "<math><mtext><img src=x onerror={0}></mtext></math>",
    "<object data='javascript:{0}'></object>", "<embed src='javascript:{0}'>", "<form action='javascript:{0}'><button>x</button></form>",
    "<style>@import 'https://evil.example/';</style><img src=x onerror={0}>", "<meta http-equiv=refresh content='0;url=javascript:{0}'>",
    "<base href='javascript:{0}//'>", "<link rel=stylesheet href='https://evil.example/x.css'>", "<marquee onstart={0}>x</marquee>",
    "<template><script>{0}</script></template>", "<svg><animate onbegin={0} attributeName=x dur=1s></svg>",
    "<x contenteditable onblur={0}>x</x>", "<select autofocus onfocus={0}>",
)  # fmt: skip
_BEFORE = (
    "",
    '">',
    "'>",
    "-->",
    "]]>",
    "</title>",
    "</style>",
    "</textarea>",
    "</a></p></div>",
    '" onmouseover="alert(1)" x="',
)
_CALLS = ("alert(1)", "alert`1`", "alert&lpar;1&rpar;", "(alert)(1)", "top.alert(1)", "self['alert'](1)")
TEMPLATES = (
    *("{{ 7 * 7 }}", "{% for x in ''.__class__.__mro__ %}{{ x }}{% endfor %}", "${7*7}", "#{7*7}", "<%= 7*7 %>"),
    *("%(company)s", "{company}", "{0}", "{{ told.company.__class__ }}", "{% raw %}", "{# a #}", "%s%n"),
)
_ENCODED = tuple(
    before + text
    for before in ("", '">')
    for text in (
        "&lt;script&gt;alert(1)&lt;/script&gt;", "&amp;lt;script&amp;gt;alert(1)", "&#60;script&#62;alert(1)&#x3c;/script&#x3e;",
        "%3Cscript%3Ealert(1)%3C/script%3E", "\\u003cscript\\u003ealert(1)", "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
        "＜script＞alert(1)＜/script＞", "<scr\x00ipt>alert(1)</scr\x00ipt>", "<scr\u200bipt>alert(1)</script>",
        "<\x0cscript>alert(1)</script>", "<!--><script>alert(1)</script-->", "<![CDATA[<script>alert(1)</script>]]>",
    )
)  # fmt: skip
FIVE_HUNDRED = tuple(
    dict.fromkeys(
        [
            *TEMPLATES,
            *_ENCODED,
            *islice(
                (
                    before + element.format(call)
                    for (before, element), call in zip(product(_BEFORE, _ELEMENTS), cycle(_CALLS), strict=False)
                ),
                250,
            ),
            *islice(
                (
                    element.format(call) + before
                    for (element, before), call in zip(product(_ELEMENTS, _BEFORE), cycle(_CALLS[1:]), strict=False)
                ),
                250,
            ),
        ]
    )
)


def hostile_view(words: str) -> DigestView:
    """A digest in which everything that comes from outside is these words."""
    reason = make_reason(
        profile=words,
        notice_sentence=words,
        notice_language=words,
        profile_sentence=words,
        lot=words,
        words=((words, words + "x"),),
        shared_cpv=(words,),
    )
    entry = make_entry(
        kind="competition",
        title=words,
        language=words,
        buyer=words,
        country=words,
        nuts=(words,),
        cpv=(words,),
        currency=words,
        procedure_type=words,
        scope=words,
        deadline_kind=words,
        reasons=(reason,),
        links=(PortalLink(source=words, number=words, url="https://ted.example/1"),),
    )
    return make_view(
        company=words,
        entries=(entry,),
        reminders=(replace(entry, kind="reminder", alert_id=2, reasons=()),),
        profiles=(words, words + "x"),
        near_misses=(NearMiss(title=words, language=words, buyer=words, score=0.5, url="https://ted.example/2"),),
        sources=(SourceRead(name=words, read=True, read_at=None), SourceRead(name=words, read=False, read_at=None)),
    )
