"""The starter base, read once for each test process."""

from functools import cache

from knowledge.catalogue import Catalogue, Snapshot


@cache
def _snapshot() -> Snapshot:
    return Catalogue.of_starter().snapshot


def catalogue() -> Catalogue:
    """A catalogue of one's own over the shared snapshot."""
    return Catalogue(_snapshot())
