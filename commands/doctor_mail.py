"""Will mailbox providers believe our mails? What the DNS says of the sender's domain, and what is missing."""

from collections.abc import Iterator

from commands.doctor import Finding
from settings import get_settings


def findings() -> Iterator[Finding]:
    """Ask the DNS for SPF, DKIM, DMARC and the way back. A record that is missing is as good as wrong here."""
    from alerts.sender_domain import Dns, examine
    from alerts.signature import check_key

    settings = get_settings()
    settings.require("mail_from")
    check_key()
    for found in examine(settings, Dns(settings.dns_server)):
        yield Finding(what=found.what, state="wrong" if found.state == "missing" else found.state, told=found.told)
