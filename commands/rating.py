"""Which command reads what currencies are worth?"""

from typing import Annotated

import typer

from commands.out import AsJson, fail, ready, show


def rates(
    url: Annotated[str | None, typer.Option(help="Another address, such as the sandbox's.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Read the European Central Bank's rates of the day, for values in the reader's own currency."""
    ready()
    from crawlers.notice import SourceBroken
    from crawlers.rates import fetch
    from db.rates import keep
    from db.session import transaction

    try:
        day, per_euro = fetch(url)
    except SourceBroken as broken:
        raise fail(str(broken)) from None
    with transaction() as s:
        keep(s, day, per_euro)
    row = {"day": day.isoformat(), "currencies": len(per_euro)}
    show([row], as_json=as_json, columns={"day": "day", "currencies": "currencies"}, title="Rates")
