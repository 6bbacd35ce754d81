"""How is `classifier/model` made from a corpus folder? `python -m classifier.training --corpus … --out …`."""

import json
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from classifier import manifest
from classifier.training.contrast import Course, train
from classifier.training.corpus import read_lessons
from classifier.training.measure import translations
from classifier.training.package import write_model, write_rarity
from classifier.training.tokens import train_tokenizer


def main(
    corpus: Annotated[Path, typer.Option(help="The corpus folder, with vocab/, parallel/, text/ and notices/.")],
    out: Annotated[Path, typer.Option(help="The model folder to write.")],
    halves: Annotated[
        Path | None,
        typer.Option(help="Also train, into 0/ and 1/ here, two models that each miss half of the notices."),
    ] = None,
    pieces: Annotated[int, typer.Option(help="Pieces in the tokenizer.")] = 20_000,
    dimensions: Annotated[int, typer.Option(help="Width of the table while it learns.")] = 256,
    kept: Annotated[int, typer.Option(help="How many of the leading dimensions are shipped.")] = 128,
    epochs: Annotated[int, typer.Option(help="Times through the corpus.")] = 6,
    threads: Annotated[int, typer.Option(help="Processor threads; part of what makes a run repeatable.")] = 2,
    seed: Annotated[int, typer.Option(help="Start of every random choice.")] = 20261122,
) -> None:
    """Train tokenizer and table, measure them on rows that were held out, and write the folder with its manifest.

    `scoring.json` is not touched: run `python -m classifier.training.fit_scoring` afterwards. It needs the two halves:
    a model knows the notices that it learned from too well, and weights fitted on those would trust it too much.
    """
    import torch

    torch.set_num_threads(threads)
    console, began = Console(), time.monotonic()
    lessons = read_lessons(corpus)
    console.print(f"{sum(map(len, lessons.groups.values())):,} examples, {len(lessons.held_out):,} rows held out")
    taught = [text for group in lessons.groups.values() for e in group for text in (*e.left, *e.right)]
    tokenizer = train_tokenizer([*dict.fromkeys(taught), *lessons.plain], pieces)
    console.print(f"{tokenizer.get_vocab_size():,} pieces after {time.monotonic() - began:.0f} s")
    course = Course(dimensions=dimensions, nested=(kept,), epochs=epochs, seed=seed)
    taught_by = {out: lessons.groups}
    if halves is not None:
        for half in (0, 1):
            seen = {name: group for name, group in lessons.groups.items() if name != f"notices {half}"}
            taught_by[halves / str(half)] = seen
    for folder, groups in taught_by.items():
        table = train(tokenizer, groups, course)[:, :kept].copy()
        write_model(folder, tokenizer, table)
        write_rarity(folder, lessons.by_language)
        manifest.write(folder)
        console.print(f"{folder} written after {time.monotonic() - began:.0f} s")
        console.print_json(json.dumps(translations(tokenizer, table, lessons.held_out)))


typer.run(main)
