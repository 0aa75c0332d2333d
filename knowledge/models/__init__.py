"""Optional language models beside the lexical engine: they reorder, warn and draft. None of them writes an answer."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np


class ModelTrouble(Exception):
    """The model is not there, too slow, or says what cannot be read; the text is for operators."""


class Encoder(Protocol):
    """Texts as rows of unit length, (n, d)."""

    def questions(self, texts: Sequence[str]) -> "np.ndarray": ...

    def passages(self, texts: Sequence[str]) -> "np.ndarray": ...
