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
    pieces: Annotated[int, typer.Option(help="Pieces in the tokenizer.")] = 20_000,
    dimensions: Annotated[int, typer.Option(help="Width of the table while it learns.")] = 256,
    kept: Annotated[int, typer.Option(help="How many of the leading dimensions are shipped.")] = 128,
    epochs: Annotated[int, typer.Option(help="Times through the corpus.")] = 8,
    threads: Annotated[int, typer.Option(help="Processor threads; part of what makes a run repeatable.")] = 2,
    seed: Annotated[int, typer.Option(help="Start of every random choice.")] = 20261122,
) -> None:
    """Train tokenizer and table, measure them on rows that were held out, and write the folder with its manifest.

    `scoring.json` is not touched: run `python -m classifier.training.fit_scoring` afterwards.
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
    table = train(tokenizer, lessons.groups, course)[:, :kept].copy()
    write_model(out, tokenizer, table)
    write_rarity(out, lessons.by_language)
    manifest.write(out)
    console.print(f"written to {out} after {time.monotonic() - began:.0f} s")
    console.print_json(json.dumps(translations(tokenizer, table, lessons.held_out)))


typer.run(main)
