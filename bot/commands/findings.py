"""What `loa doctor` found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    name: str
    good: bool
    text: str
    remedy: str = ""
