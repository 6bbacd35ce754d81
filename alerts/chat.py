"""How is an alert told in a chat? In a few lines, through apprise, from a child process that can reach public addresses only.

apprise speaks to each chat service in its own way, and looks names up by itself. So it runs in a process of its own
(:mod:`alerts.chat_child`) where every answer of the resolver passes our table first; a hanging service is killed with it.
The target holds a token: it goes to the child over its standard input, and is never logged or shown.
"""

import asyncio
import json
import sys
from contextlib import suppress as ignoring
from typing import TYPE_CHECKING, Final

from alerts.entry import tell_entry
from alerts.ledger import ToldAlert, headline
from alerts.outside import shown
from alerts.post import Answered, Unreached
from alerts.speak import Speaker
from db.models import AlertKind
from net.addresses import PUBLIC_ONLY, SCHEMES, Allowance, refusal

if TYPE_CHECKING:
    import apprise

# Chat services by apprise's names for them, in their encrypted forms: no mail, no telephone, no file, no local socket.
FIXED: Final = frozenset({"discord", "gchat", "slack", "tgram", "wxteams"})  # each goes to its service's own host
HOSTED: Final = frozenset({"matrixs", "mmosts", "ntfys", "rockets", "workflows"})  # the host stands in the target
LIMIT_S: Final = 30.0
QUOTED: Final = 280  # characters; some services take no more than a thousand in all
TAKEN: Final = 0
# What a chat would take for a mention, a link with other words, or markup of its own.
_PLAIN: Final = str.maketrans({"<": "‹", ">": "›", "@": "\uff20", "`": "'", "[": "(", "]": ")"})


def objection(target: str, allowance: Allowance = PUBLIC_ONLY) -> str | None:
    """Why no chat can be reached by this apprise address, or None. Nothing of the address is in the answer."""
    scheme, _, rest = target.partition("://")
    if scheme.lower() not in FIXED | HOSTED:
        return f"not one of the chats that we speak to: {', '.join(sorted(FIXED | HOSTED))}"
    import apprise

    chat = apprise.Apprise.instantiate(target, asset=quiet_asset(), suppress_exceptions=True)
    if chat is None or not rest:
        return "apprise cannot read it"
    if scheme.lower() in FIXED:
        return None
    host = f"[{chat.host}]" if ":" in str(chat.host) else chat.host
    return refusal(f"https://{host}:{chat.port or SCHEMES['https']}/", allowance)


def quiet_asset() -> "apprise.AppriseAsset":
    """How apprise presents us: by name, without pictures that a stranger's server would be asked for (P11)."""
    import apprise

    return apprise.AppriseAsset(
        app_id="Anbudsvakt", app_desc="Anbudsvakt", app_url="", image_url_mask="", image_url_logo="",
        image_path_mask="", async_mode=False, http_redirects=False,
    )  # fmt: skip


def message(telling: ToldAlert, said: Speaker) -> bytes:
    """One alert in a few lines, as JSON of a title and a text."""
    told = tell_entry(telling.entry, said, number=None if telling.alert.kind == AlertKind.CHANGE else 1)
    title = headline(telling, told, said)
    facts = [*told.facts, *([told.deadline] if told.deadline else [])]
    lines = [*told.changes[1:], " · ".join(facts)]
    if told.reasons:
        reason = told.reasons[0]
        lines.append(f"{said.texts.say('why.label')}: {reason.match}")
        lines.append(f"{said.texts.say('why.they_write')}: {shown(reason.theirs, QUOTED)}")
        lines.append(f"{said.texts.say('why.you_write')}: {shown(reason.yours, QUOTED)}")
    lines = [line.translate(_PLAIN) for line in lines]
    lines += [told.url] if told.url else []
    # A service that looks at every link beforehand changes nothing by it: only the page's buttons do (P2).
    if told.verdict_page:
        lines.append(f"{' · '.join(one.words for one in told.verdicts)}: {told.verdict_page}")
    return json.dumps({"title": title.translate(_PLAIN), "text": "\n".join(lines)}, ensure_ascii=False).encode()


async def tell(
    target: str, body: bytes, *, allowance: Allowance = PUBLIC_ONLY, limit_s: float = LIMIT_S
) -> Answered | Unreached:
    """One attempt. apprise says only whether the service took it."""
    wanted = json.loads(body) | {"target": target, "origins": sorted(allowance.origins)}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "alerts.chat_child", stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(limit_s):
            await child.communicate(json.dumps(wanted).encode())
    except TimeoutError:
        return Unreached(why="no answer in time")
    finally:
        if child.returncode is None:
            with ignoring(ProcessLookupError):
                child.kill()
            await child.wait()
    return Answered(status=200) if child.returncode == TAKEN else Unreached(why="the chat did not take it")
