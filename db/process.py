"""Which process of which machine does a piece of work, and does it still run?"""

import os
import socket


def this_process() -> str:
    """Who is at work here, as ``host:pid``, for the row of that work."""
    return f"{socket.gethostname()}:{os.getpid()}"


def may_run(process: str) -> bool:
    """Whether ``host:pid`` runs; of another machine's processes nothing is known, so they count as running."""
    host, _, pid = process.rpartition(":")
    return host != socket.gethostname() or not pid.isdigit() or runs(int(pid))


def runs(pid: int) -> bool:
    """Whether this machine has such a process; signal 0 asks without disturbing it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it runs, as somebody else
    return True
