"""Charts as SVG written on the server: they need no script, print well, and follow the page's colours."""

from collections.abc import Sequence

from markupsafe import Markup, escape

WIDTH, HEIGHT = 640, 220
LEFT, BOTTOM, TOP, RIGHT = 44, 30, 12, 30
ROW, LABEL = 26, 220


def curve(points: Sequence[tuple[int, int, int]]) -> Markup:
    """(hours, reached within them, of how many): the share by time. Empty when there is nobody."""
    total = points[0][2] if points else 0
    if not total:
        return Markup("")
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    step = wide / len(points)
    places = [
        (LEFT + step * (n + 1), TOP + high * (1 - count / total), hours, count)
        for n, (hours, count, _) in enumerate(points)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, *_ in [(LEFT, TOP + high), *places])
    rules = "".join(
        f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{share}%</text>'
        for share in (0, 25, 50, 75, 100) for y in [TOP + high * (1 - share / 100)]
    )
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5"><title>{hours} giờ: {count}/{total}</title></circle>'
        f'<text class="tick" x="{x:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{hours} giờ</text>'
        for x, y, hours, count in places
    )
    said = ", ".join(f"sau {hours} giờ {100 * count // total}%" for _, _, hours, count in places)
    return _svg(HEIGHT, f"Tỷ lệ xác nhận theo thời gian: {said}", f'{rules}<polyline points="{line}"/>{dots}')


def bars(rows: Sequence[tuple[str, int]]) -> Markup:
    """A horizontal bar a row, the longest as wide as the chart."""
    if not rows:
        return Markup("")
    most, wide = max(count for _, count in rows) or 1, WIDTH - LABEL - 60
    drawn = "".join(
        f'<text class="label" x="{LABEL - 8}" y="{ROW * n + 17}" text-anchor="end">{escape(_short(name))}</text>'
        f'<rect x="{LABEL}" y="{ROW * n + 5}" width="{max(2, wide * count / most):.1f}" height="16" rx="3"/>'
        f'<text class="tick" x="{LABEL + max(2, wide * count / most) + 6:.1f}" y="{ROW * n + 17}">{count}</text>'
        for n, (name, count) in enumerate(rows)
    )
    said = ", ".join(f"{name} {count}" for name, count in rows)
    return _svg(ROW * len(rows) + 6, said, drawn)


def _short(name: str) -> str:
    return name if len(name) <= 30 else name[:29] + "…"


def _svg(height: int, said: str, inside: str) -> Markup:
    return Markup(
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(said)}">{inside}</svg>'
    )
