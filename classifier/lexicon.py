"""What does a single word mean, and how much does it tell?"""

from collections.abc import Sequence

from classifier.rows import Rows, unit_rows
from classifier.table import Table


class Lexicon:
    """The words of a static model, whose tokenizer counted how common each piece is. Any thread may ask."""

    def __init__(self, static: Table) -> None:
        self._table = static

    def rows(self, words: Sequence[str]) -> Rows:
        """One row of length one for each word."""
        return unit_rows(self._table.sums(words))

    def surprise(self, words: Sequence[str]) -> Rows:
        """How unlikely each word is among all words, in nats: a rare or long word tells more than a common one."""
        return self._table.surprise(words)
