"""The web console: where the press department works. Pages and forms only; the rules are network's and knowledge's."""
