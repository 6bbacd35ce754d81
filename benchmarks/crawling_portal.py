"""Where do 20,000 notices come from at full speed? The sandbox's answers, written beforehand and served from disk.

What the portal has to do for an answer would hide what ours and the peer do with it; so it is done before the clock
starts, page by page by the sandbox's own search, and then served by a process of its own.
"""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import islice
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from crawlers.spiders.ted_query import PAGE, body
from demo.many import many_notices
from demo.ted_wire import search


def write(folder: Path, count: int, today: date) -> None:
    """The pages of one search that finds so many notices, each with the token of the next; the last one is empty."""
    asked = json.dumps(body(today, today)).encode()
    notices = many_notices(count, today)
    number = 0
    while True:
        page = list(islice(notices, PAGE))
        status, answer = search(asked, page, today)
        assert status == 200, answer
        assert len(answer["notices"]) == len(page)
        answer |= {"totalNoticeCount": count, "iterationNextToken": str(number + 1)}
        (folder / f"{number}.json").write_text(json.dumps(answer, ensure_ascii=False), encoding="utf-8")
        if not page:
            return
        number += 1


@contextmanager
def portal(folder: Path) -> Iterator[str]:
    """The pages on a loopback port, in a process that shares no interpreter with either side; its address."""
    told = "import sys; from benchmarks.crawling_portal import serve; serve(sys.argv[1])"
    child = subprocess.Popen([sys.executable, "-c", told, str(folder)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(child.stdout.readline())}"
    finally:
        child.terminate()
        child.wait(10)
        child.stdout.close()


def serve(folder: str) -> None:
    """Serve until told to stop; prints the port."""

    async def page(request: Request) -> Response:
        asked = await request.json()
        return FileResponse(Path(folder) / f"{int(asked.get('iterationNextToken', 0))}.json")

    async def robots(_: Request) -> Response:
        return PlainTextResponse("User-agent: *\nAllow: /\n")

    routes = [Route("/v3/notices/search", page, methods=["POST"]), Route("/robots.txt", robots)]
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(Starlette(routes=routes), log_level="warning", access_log=False, lifespan="off")
    uvicorn.Server(config).run(sockets=[listening])
