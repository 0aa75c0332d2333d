"""The one error that ends a process: its message names cause and remedy, for an operator."""


class Fatal(Exception):
    pass
