"""Does each command on the API's page do what the page says?"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from api_asking import token_of
from sqlalchemy.engine import URL
from web_server import served

from factories import make_alert, make_match, make_notice, make_profile, make_subscriber

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for line in block.splitlines()
]


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
def test_every_command_of_the_page_is_answered(database: URL) -> None:
    subscriber = make_subscriber()
    profile, version = make_profile(subscriber), make_notice()
    match = make_match(version, profile)
    make_alert(subscriber, version)
    answers: dict[str, object] = {}
    with served() as site:
        known = {"SITE": site, "TOKEN": token_of(subscriber, write=True), "NOTICE": str(version.notice_id),
                 "MATCH": str(match.id)}  # fmt: skip
        for command in COMMANDS:
            words = ["bash", "-c", command]
            done = subprocess.run(words, capture_output=True, text=True, env=os.environ | known, check=True)
            answers[command.split("/api/v1/")[1].rstrip('"')] = json.loads(done.stdout)
    assert len(answers) == len(COMMANDS) == 6
    told = json.dumps(answers["notices?scope=defence&country=NO&limit=50"], ensure_ascii=False)
    assert "Rammeavtale sveisearbeid" in told
    assert json.dumps(answers["feedback"]).count('"on_it"') == 1
