"""What the rules of the knowledge base answer when something may not be done."""


class Wrong(ValueError):
    """A sentence for who asked for it; nothing was written."""
