"""Does the chat take this message? A process that tells one chat one thing, and can reach public addresses only.

What to tell whom comes as JSON on standard input; whether it was taken is the exit code. Nothing is written anywhere:
apprise's own log lines would hold parts of the target.
"""

import json
import logging
import socket
import sys
from typing import Any

from alerts.chat import objection, quiet_asset
from net.addresses import Allowance


def main() -> int:
    """Tell it; 0 when the chat took it."""
    import apprise

    wanted = json.load(sys.stdin)
    allowance = Allowance(origins=frozenset((str(host), int(port)) for host, port in wanted["origins"]))
    logging.disable(logging.CRITICAL)
    only_public(allowance)
    chat = apprise.Apprise.instantiate(wanted["target"], asset=quiet_asset())
    if chat is None or objection(wanted["target"], allowance) is not None:
        return 1
    # Whatever the target asks for: a redirect leads elsewhere, and an unverified certificate is anybody's.
    chat.redirects, chat.verify_certificate = False, True
    taken = chat.notify(title=wanted["title"], body=wanted["text"], body_format=apprise.NotifyFormat.TEXT)
    return 0 if taken else 1


def only_public(allowance: Allowance) -> None:
    """From here on this process resolves names, and literal addresses, to what may be connected to and nothing else."""
    ask = socket.getaddrinfo

    def answer(host: Any, port: Any, *how: Any, **more: Any) -> list[Any]:
        name = host.decode() if isinstance(host, bytes) else str(host)
        found = [one for one in ask(host, port, *how, **more) if allowance.admits(name, int(port or 0), str(one[4][0]))]
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "leads to no public address")
        return found

    socket.getaddrinfo = answer


if __name__ == "__main__":
    sys.exit(main())
