"""A model hub on loopback: what huggingface_hub asks of one, answered from a folder."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class HubServer(ThreadingHTTPServer):
    """Serves one model under one name, at one commit that `main` and `v1` stand for; `asked` is the witness."""

    daemon_threads = True

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.name, self.folder = name, folder
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: HubServer
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        path = unquote(self.path.split("?")[0])
        self.server.asked.append(f"{self.command} {path}")
        api, resolve = f"/api/models/{self.server.name}", f"/{self.server.name}/resolve/{COMMIT}/"
        names = sorted(
            p.relative_to(self.server.folder).as_posix() for p in self.server.folder.rglob("*") if p.is_file()
        )
        if path in (api, *(f"{api}/revision/{revision}" for revision in ("main", "v1", COMMIT))):
            told = {"id": self.server.name, "sha": COMMIT, "siblings": [{"rfilename": name} for name in names]}
            self._send(json.dumps(told).encode(), "application/json", body=body)
        elif path.startswith(f"{api}/tree/{COMMIT}"):
            tree = [{"type": "file", "path": name, "size": (self.server.folder / name).stat().st_size,
                     "oid": hashlib.sha1((self.server.folder / name).read_bytes(), usedforsecurity=False).hexdigest()}
                    for name in names]  # fmt: skip
            self._send(json.dumps(tree).encode(), "application/json", body=body)
        elif path.startswith(resolve) and path.removeprefix(resolve) in names:
            self._send(
                (self.server.folder / path.removeprefix(resolve)).read_bytes(), "application/octet-stream", body=body
            )
        else:
            self._send(b"{}", "application/json", body=body, status=404, said={"X-Error-Code": "RepoNotFound"})

    def _send(
        self, content: bytes, kind: str, *, body: bool, status: int = 200, said: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        told = {"Content-Type": kind, "Content-Length": str(len(content)), "X-Repo-Commit": COMMIT,
                "ETag": f'"{hashlib.sha256(content).hexdigest()}"'}  # fmt: skip
        for name, value in (told | (said or {})).items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *_told: object) -> None:
        """Say nothing: the witness is enough."""


@contextmanager
def hub(name: str, folder: Path) -> Iterator[HubServer]:
    """A hub that has this folder under this name."""
    server = HubServer(name, folder)
    serving = threading.Thread(target=server.serve_forever, args=(0.05,))
    serving.start()
    try:
        yield server
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
