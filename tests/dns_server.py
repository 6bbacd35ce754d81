"""What does the DNS say in a test? A name server on loopback, over UDP and TCP, that knows what the test put into it."""

import socketserver
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = dict[tuple[str, str], list[str]]


@dataclass(slots=True)
class NameServer:
    """A running server. ``zone`` may be changed while it runs; ``silent`` names get no answer at all."""

    zone: Zone
    silent: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)
    port: int = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def answer(self, wire: bytes, *, datagram: bool) -> bytes | None:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        if name in self.silent:
            return None
        reply = dns.message.make_response(query)
        told = self.zone.get((name, kind))
        if told:
            reply.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", kind, told))
        elif not any(known == name for known, _ in self.zone):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        whole = reply.to_wire()
        if datagram and len(whole) > 512:
            reply.answer.clear()
            reply.flags |= dns.flags.TC  # too long: to be asked again over TCP
            return reply.to_wire()
        return whole


def text(value: str) -> str:
    """A TXT record as a zone file writes it: in pieces of 255, each in quotes."""
    return " ".join(f'"{value[at : at + 255]}"' for at in range(0, len(value), 255))


def zone_of(texts: Mapping[str, Sequence[str]], mail: Mapping[str, Sequence[str]] | None = None) -> Zone:
    """A zone of TXT and MX records."""
    zone: Zone = {(name, "TXT"): [text(value) for value in values] for name, values in texts.items() if values}
    return zone | {(name, "MX"): list(hosts) for name, hosts in (mail or {}).items() if hosts}


@contextmanager
def name_server(zone: Zone) -> Iterator[NameServer]:
    """A name server for the length of a ``with``."""
    known = NameServer(zone=zone)

    class Datagram(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            wire, connection = self.request
            reply = known.answer(wire, datagram=True)
            if reply is not None:
                connection.sendto(reply, self.client_address)

    class Stream(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            (length,) = struct.unpack("!H", self.rfile.read(2))
            reply = known.answer(self.rfile.read(length), datagram=False)
            if reply is not None:
                self.wfile.write(struct.pack("!H", len(reply)) + reply)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Stream) as tcp:
        known.port = tcp.server_address[1]
        with socketserver.ThreadingUDPServer(("127.0.0.1", known.port), Datagram) as udp:
            threads = [threading.Thread(target=one.serve_forever, args=(0.05,), daemon=True) for one in (tcp, udp)]
            for thread in threads:
                thread.start()
            try:
                yield known
            finally:
                for one in (tcp, udp):
                    one.shutdown()
