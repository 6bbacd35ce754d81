"""What can a person or a timer ask of Anbudsvakt? One command for each thing; everything heavy is imported when used.

Exit codes: 0 done, 1 the work failed (a source, a relay), 2 wrong usage or settings.
"""

import sys
from collections.abc import Callable

import typer

from commands import (
    administering,
    alerting,
    collecting,
    doors,
    judging,
    matching,
    modelling,
    outboxing,
    procuring,
    quarantining,
    rating,
    recalling,
    serving,
    thresholds,
    tokens,
)
from commands.out import errors
from settings import SettingsError, get_settings

app = typer.Typer(
    name="anbudsvakt",
    help="Defence and total-defence notices, matched to what small firms can do, told by mail.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals may hold addresses and secrets
)

# Top level, in the order in which notices pass, then the processes.
for command in (
    collecting.sources,
    collecting.crawl,
    collecting.notices,
    rating.rates,
    matching.match,
    matching.preview,
    modelling.rescore,
    thresholds.learn,
    judging.score,
    judging.evaluate,
    alerting.digest,
    alerting.report,
    alerting.send,
    doors.matches,
    serving.canary,
    alerting.doctor,
    serving.run,
    serving.web,
    serving.clock,
    serving.worker,
    serving.postbox,
    serving.demo,
    serving.sandbox,
):
    app.command()(command)
app.command("import")(collecting.import_files)

GROUPS: dict[str, tuple[str, dict[str, Callable[..., None]]]] = {
    "db": ("The database.", {"upgrade": serving.db_upgrade, "clean": serving.db_clean}),
    "profiles": (
        "Firms and what they can do.",
        {"import": matching.profiles_import, "list": matching.profiles_list, "show": matching.profiles_show},
    ),
    "procurement": (
        "What is held to be one purchase.",
        {
            "show": procuring.procurement_show,
            "split": procuring.procurement_split,
            "join": procuring.procurement_join,
            "confirm": procuring.procurement_confirm,
        },
    ),
    "threshold": (
        "The line above which a match is told.",
        {"show": thresholds.threshold_show, "set": thresholds.threshold_set, "undo": thresholds.threshold_undo},
    ),
    "recall": (
        "What a line keeps from its reader, by a few questions a week.",
        {
            "draw": recalling.recall_draw,
            "list": recalling.recall_list,
            "join": recalling.recall_join,
            "leave": recalling.recall_leave,
        },
    ),
    "quarantine": (
        "Notices that could not be read.",
        {
            "list": quarantining.quarantine_list,
            "show": quarantining.quarantine_show,
            "retry": quarantining.quarantine_retry,
        },
    ),
    "outbox": (
        "Mails that are held, as after a restore.",
        {
            "held": outboxing.outbox_held,
            "hold": outboxing.outbox_hold,
            "mark-sent": outboxing.outbox_mark_sent,
            "release": outboxing.outbox_release,
        },
    ),
    "doors": (
        "Ways to be told beside the mail.",
        {
            "list": doors.doors_list,
            "open": doors.doors_open,
            "change": doors.doors_change,
            "secret": doors.doors_secret,
            "resume": doors.doors_resume,
            "close": doors.doors_close,
            "push": doors.doors_push,
        },
    ),
    "admin": (
        "Who may log in at /admin.",
        {
            "add": administering.admin_add,
            "list": administering.admin_list,
            "remove": administering.admin_remove,
            "password": administering.admin_password,
        },
    ),
    "api token": (
        "Who may ask the JSON API.",
        {"add": tokens.token_add, "list": tokens.token_list, "revoke": tokens.token_revoke},
    ),
    "model": ("Other models than our own.", {"fetch": modelling.model_fetch}),
    "reference": ("CPV names.", {"import": collecting.reference_import}),
}
for name, (told, commands) in GROUPS.items():
    *outer, inner = name.split()
    group = typer.Typer(help=told, no_args_is_help=True)
    for verb, work in commands.items():
        group.command(verb)(work)
    for word in reversed(outer):
        around = typer.Typer(help=told, no_args_is_help=True)
        around.add_typer(group, name=inner)
        group, inner = around, word
    app.add_typer(group, name=inner)


# These run for ever and are read by machines; a person at the terminal wants to hear of trouble alone.
PROCESSES = ("run", "web", "clock", "worker", "postbox")


@app.callback()
def _prepare(context: typer.Context) -> None:
    from alerts import log

    log.set_up(get_settings().log_level if context.invoked_subcommand in PROCESSES else "WARNING")


def main() -> None:
    """Run one command; a wrong setting ends with its name and exit code 2, never with a traceback."""
    try:
        app()
    except SettingsError as wrong:
        errors.print(f"[red]settings:[/] {wrong}", highlight=False)
        sys.exit(2)


if __name__ == "__main__":
    main()
