"""How does a test reach our pages? Through the real server on loopback, in a thread of the test's own process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn

from web.app import create_app


@contextmanager
def served() -> Iterator[str]:
    """Our web on a free port; gives its address."""
    config = uvicorn.Config(
        create_app(),
        host="127.0.0.1",
        port=0,
        access_log=False,
        server_header=False,
        log_config=None,
        lifespan="on",
        proxy_headers=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        threading.Event().wait(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def visitor() -> Iterator[httpx.Client]:
    """Someone who asks our pages, follows no redirect and has no cookie."""
    with served() as address, httpx.Client(base_url=address, follow_redirects=False, timeout=20) as client:
        yield client
