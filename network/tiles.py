"""The 34 provinces as tiles, roughly where they lie: a map of our own making, readable at any size."""

# Province's code → (column, row), from the north-west.
PLACES = {
    "12": (1, 0), "15": (2, 0), "08": (3, 0), "04": (4, 0),
    "11": (0, 1), "14": (1, 1), "25": (2, 1), "19": (3, 1), "20": (4, 1),
    "01": (2, 2), "24": (3, 2), "22": (4, 2), "37": (2, 3), "33": (3, 3), "31": (4, 3),
    "38": (2, 4), "40": (2, 5), "42": (3, 5), "44": (3, 6), "46": (4, 6), "48": (4, 7), "51": (4, 8), "52": (4, 9),
    "66": (4, 10), "56": (5, 10), "80": (2, 11), "75": (3, 11), "68": (4, 11),
    "91": (1, 12), "82": (2, 12), "79": (3, 12), "96": (1, 13), "92": (2, 13), "86": (3, 13),
}
COLUMNS, ROWS = 6, 14


def depth(share: float | None) -> int:
    """0: nothing known; 1 to 5: by fifths."""
    return 0 if share is None else min(5, 1 + int(share * 5))
