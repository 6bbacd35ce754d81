"""Who receives webhooks in tests? A real HTTPS server on loopback, a poster that may reach it, and doors that lead there."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from certificates import self_signed
from loopback import Answer, Portal, Reply, Seen

from alerts import push
from alerts.doors import open_door
from alerts.post import Poster
from db.models import Door, DoorKind, Subscriber
from db.session import transaction
from factories import make_alert, make_match, make_notice, make_profile, make_subscriber
from net.addresses import Allowance


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A running HTTPS server and how to reach it."""

    portal: Portal
    poster: Poster
    certificate: Path

    @property
    def url(self) -> str:
        return f"{self.portal.url}/hook"

    def ids(self) -> list[str]:
        """The webhook-ids that came, copies included."""
        return [seen.headers["webhook-id"] for seen in list(self.portal.log)]


def always(reply: Reply) -> Callable[[Seen], Reply]:
    return lambda _: reply


@contextmanager
def receiver(folder: Path, answer: Answer | None = None, *, limit_s: float = 5.0) -> Iterator[Receiver]:
    """A server that answers as told, 204 by default, with a certificate that its poster trusts."""
    certificate, key = self_signed(folder, "localhost")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with Portal(answer or always(Reply(status=204)), tls=tls) as portal:
        portal.url = f"https://localhost:{portal.port}"
        yield Receiver(portal=portal, poster=poster_for(portal.url, certificate, limit_s), certificate=certificate)


def poster_for(url: str, certificate: Path, limit_s: float = 5.0) -> Poster:
    """A poster that may reach this one server on loopback and trusts its certificate."""
    tls = ssl.create_default_context(cafile=str(certificate))
    return Poster(allowance=Allowance.of(url), tls=tls, limit_s=limit_s)


def webhook_to(receiving: Receiver, subscriber: Subscriber) -> Door:
    """This subscriber's webhook, leading to the receiver."""
    with transaction() as s:
        allowance = receiving.poster.allowance
        return open_door(s, DoorKind.WEBHOOK, subscriber.id, target=receiving.url, allowance=allowance)


def owed_through(receiving: Receiver, alerts: int = 1) -> tuple[Subscriber, Door]:
    """A subscriber with a webhook and this many alerts that it is owed."""
    subscriber = make_subscriber()
    door = webhook_to(receiving, subscriber)
    profile = make_profile(subscriber)
    for _ in range(alerts):
        version = make_notice()
        make_match(version, profile)
        make_alert(subscriber, version)
    push.owe()
    return subscriber, door
