"""How is `classifier/model` made from a corpus folder? `python -m classifier.training --corpus … --out …`."""

import json
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from classifier import manifest
from classifier.training.contrast import Course, train
from classifier.training.corpus import read_lessons, rows, running_text
from classifier.training.firms import Firms
from classifier.training.languages import without_language
from classifier.training.measure import codes_found, translations
from classifier.training.package import count_rarity, write_model
from classifier.training.teacher import Guide, folder_of_wheel
from classifier.training.tokens import train_tokenizer
from classifier.training.trades import read_trades

HALVES = (0, 1)
USUAL = Course()


def main(
    corpus: Annotated[Path, typer.Option(help="The corpus folder, with vocab/, parallel/, text/ and notices/.")],
    out: Annotated[Path, typer.Option(help="The model folder to write.")],
    halves: Annotated[
        Path | None,
        typer.Option(help="Also train, into 0/ and 1/ here, two models that each miss half of the notices."),
    ] = None,
    pieces: Annotated[int, typer.Option(help="Pieces in the tokenizer.")] = 32_000,
    dimensions: Annotated[int, typer.Option(help="Width of the table.")] = USUAL.dimensions,
    epochs: Annotated[int, typer.Option(help="Times through the corpus.")] = USUAL.epochs,
    threads: Annotated[int, typer.Option(help="Processor threads; part of what makes a run repeatable.")] = 2,
    seed: Annotated[int, typer.Option(help="Start of every random choice.")] = USUAL.seed,
) -> None:
    """Train tokenizer and table, measure them on rows that were held out, and write the folder with its manifest.

    `scoring.json` is not touched: run `python -m classifier.training.fit_scoring` afterwards. It needs the two halves:
    a model knows the notices that it learned from too well, and weights fitted on those would trust it too much.
    """
    import torch

    torch.set_num_threads(threads)
    console, began = Console(), time.monotonic()

    def told(what: str) -> None:
        console.print(f"{what} after {time.monotonic() - began:.0f} s")

    lessons = read_lessons(corpus)
    trades = read_trades(corpus, lessons)
    told(f"{sum(map(len, lessons.groups.values())):,} examples read, {len(lessons.held_out):,} rows held out")
    taught = [text for group in lessons.groups.values() for e in group for text in (*e.left, *e.right)]
    tokenizer = train_tokenizer([*dict.fromkeys(taught), *lessons.plain], pieces)
    told(f"{tokenizer.get_vocab_size():,} pieces")
    guide = Guide(lessons.english, folder_of_wheel(), dimensions)
    told(f"{len(guide.vectors):,} English texts heard")
    course = Course(dimensions=dimensions, epochs=epochs, seed=seed)
    aligned = [row for name in ("vocab/cpv.tsv", "parallel/no_gov.en-nb-nn.tsv.gz") for row in rows(corpus / name)]
    aligned += rows(corpus / "parallel/l10n_permissive.tsv.gz")
    rarity = count_rarity(running_text(corpus))
    taught_by: dict[Path, tuple[int, ...]] = {out: HALVES}
    if halves is not None:
        taught_by |= {halves / str(missing): (1 - missing,) for missing in HALVES}
    for folder, seen in taught_by.items():
        unseen = [f"notices {half}" for half in HALVES if half not in seen]
        groups = {name: group for name, group in lessons.groups.items() if name not in unseen}
        table = train(tokenizer, groups, course, firms=Firms(trades, seen), guide=guide)
        table = without_language(tokenizer, table, aligned)
        write_model(folder, tokenizer, table, rarity, nested=course.nested[0])
        manifest.write(folder)
        told(f"{folder} written")
        console.print_json(json.dumps(translations(tokenizer, table, lessons.held_out)))
        for name in unseen:
            console.print(f"unseen {name}:", codes_found(tokenizer, table, lessons.groups[name], trades.cpv))


typer.run(main)
