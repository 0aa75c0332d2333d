"""What the rules of the knowledge base answer when something may not be done."""


class Wrong(ValueError):
    """A sentence for who asked for it; nothing was written. `over`: nothing typed instead would help, because what it
    was about has moved on or was never theirs."""

    def __init__(self, text: str, *, over: bool = False) -> None:
        super().__init__(text)
        self.over = over
