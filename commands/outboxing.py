"""Which commands look after an outbox that is held, as after a restore? Look at it, take mails for sent, let it go."""

from typing import Annotated

import typer

from commands.out import AsJson, console, fail, ready, show


def outbox_held(*, as_json: AsJson = False) -> None:
    """List the mails that are held: they look unsent, and may have been sent after the dump was made."""
    ready()
    from alerts import restored
    from db.session import transaction

    with transaction() as s:
        rows = restored.held(s)
    columns = {"id": "id", "digest_id": "digest", "day": "day", "slot": "slot", "created_at": "written",
               "attempts": "attempts"}  # fmt: skip
    show(rows, as_json=as_json, columns=columns, title="Held")


def outbox_hold() -> None:
    """Hold the outbox, as before a snapshot or a recovery to a point in time is put to work."""
    ready()
    from alerts import restored
    from db.session import transaction

    with transaction() as s:
        restored.hold(s)
    console.print("the outbox is held; nothing is sent until `anbudsvakt outbox release`")


def outbox_mark_sent(
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="From `outbox held`.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that is held, webhooks and chats included.")] = False,
) -> None:
    """Take held mails for sent: they are not sent again."""
    ready()
    if bool(ids) == everything:
        raise fail("name the mails, or say --all", code=2)
    from alerts import restored
    from db.session import transaction

    with transaction() as s:
        marked = restored.mark_sent(s, ids or None)
    console.print(f"{marked} mails are taken for sent")


def outbox_release() -> None:
    """Send what is still held, and go on as usual."""
    ready()
    from alerts import restored
    from db.session import transaction

    with transaction() as s:
        freed = restored.release(s)
    console.print(f"{freed} mails go out now")
