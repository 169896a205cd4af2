"""WordPiece, the tokenizer of BERT and MiniLM, in thirty lines: lower-case words, cut into the longest known pieces.

Source: Devlin et al. 2019, "BERT", section 3; the cutting is greedy, longest match first, as in their released code.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence


class WordPiece:
    """Cut text into the pieces of a vocabulary.

    Parameters
    ----------
    vocabulary : sequence of str
        Pieces in the order of their numbers; those that go on a word begin with `##`. Holds `[CLS]`, `[SEP]` and
        `[UNK]`.
    """

    def __init__(self, vocabulary: Sequence[str]):
        self.number = {piece: number for number, piece in enumerate(vocabulary)}
        missing = [name for name in ("[CLS]", "[SEP]", "[UNK]") if name not in self.number]
        if missing:
            raise ValueError(f"the vocabulary holds no {', '.join(missing)}; it is not one of BERT")

    def words(self, text: str) -> list[str]:
        """Lower-case words without accents; each punctuation mark and each Chinese character is a word."""
        plain = "".join(
            c for c in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(c) != "Mn"
        )
        spaced = "".join(f" {c} " if _stands_alone(c) else " " if _is_blank(c) else c for c in plain)
        return spaced.split()

    def pieces(self, word: str) -> list[str]:
        """The longest known beginning, then the longest known continuation, and so on."""
        found, start = [], 0
        while start < len(word):
            end = len(word)
            while end > start and (("##" if start else "") + word[start:end]) not in self.number:
                end -= 1
            if end == start or len(word) > 100:
                return ["[UNK]"]
            found.append(("##" if start else "") + word[start:end])
            start = end
        return found

    def encode(self, text: str, *, length: int) -> list[int]:
        """Numbers of `[CLS]`, the pieces and `[SEP]`, at most `length` of them."""
        pieces = [piece for word in self.words(text) for piece in self.pieces(word)][: length - 2]
        return [self.number[piece] for piece in ["[CLS]", *pieces, "[SEP]"]]

    def decode(self, numbers: Iterable[int]) -> list[str]:
        """The pieces behind numbers."""
        every = list(self.number)
        return [every[number] for number in numbers]


def _stands_alone(c: str) -> bool:
    chinese = 0x4E00 <= ord(c) <= 0x9FFF or 0x3400 <= ord(c) <= 0x4DBF or 0xF900 <= ord(c) <= 0xFAFF
    return chinese or unicodedata.category(c).startswith("P") or c in "$+<=>^`|~"


def _is_blank(c: str) -> bool:
    return c.isspace() or unicodedata.category(c) in ("Cc", "Cf", "Zs")
