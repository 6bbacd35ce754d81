"""How are our pages reached from the process that looks at them? By the real server on loopback, in a thread."""

from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from demo.threaded import threaded
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
    with threaded(config) as port:
        yield f"http://127.0.0.1:{port}"
