"""How do all processes run in one go on one machine? As children that start and stop together."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from types import FrameType

from db.session import plain_url

STOP_S = 15  # a worker finishes the unit in hand; D3 asks for 10 s at most


def supervise(commands: Sequence[str]) -> int:
    """Start each command, wait until one ends or a signal comes, stop the others; gives the exit code.

    The embedded database belongs to this process, so the children are given its address instead of starting it too.
    """
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    environment = {**os.environ, "DATABASE_URL": plain_url()}
    # A session of its own each: Ctrl-C reaches this process alone, which then stops the others in good order.
    children = [
        subprocess.Popen([sys.executable, "-m", "cli", command], env=environment, start_new_session=True)
        for command in commands
    ]
    while not stopping.wait(0.5):
        if any(child.poll() is not None for child in children):
            break
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    return 0 if stopping.is_set() else max((abs(child.returncode) for child in children), default=0) or 1
