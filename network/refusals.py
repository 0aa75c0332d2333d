"""What the rules answer when something may not be done."""


class Refusal(Exception):
    """Nothing was written. The text is plain, whole sentences for the person: what is wrong and what to do.
    `over`: nothing typed instead would help, because what it was about has moved on or was never theirs."""

    def __init__(self, text: str, *, over: bool = False) -> None:
        super().__init__(text)
        self.text, self.over = text, over
