"""How are our pages reached from the process that looks at them? By the real server on loopback, in a thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

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
