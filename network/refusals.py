"""What the rules answer when something may not be done."""


class Refusal(Exception):
    """Nothing was written. The text is plain, whole sentences for the person: what is wrong and what to do."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
