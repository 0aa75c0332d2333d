"""Charts as SVG written on the server: they need no script, print well, and follow the page's colours."""

from collections.abc import Mapping, Sequence
from datetime import date

from markupsafe import Markup, escape

from network.statistics import percent
from network.tiles import COLUMNS, PLACES, ROWS, depth

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


def score_bar(value: float, offer: float, answer: float, top: float) -> Markup:
    """A score on a line up to `top`, with the two thresholds marked on it."""
    wide = 100.0 / top
    places = [f"{x * wide:.1f}" for x in (offer, answer)]
    marks = "".join(f'<line class="mark" x1="{x}" x2="{x}" y1="0" y2="12"/>' for x in places)
    said = f"{value:.2f}".replace(".", ",")
    return Markup(
        f'{said}<svg class="meter" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="all" y="3" width="100" height="6" rx="3"/>'
        f'<rect class="got" y="3" width="{max(1.0, value * wide):.1f}" height="6" rx="3"/>{marks}</svg>'
    )


def _short(name: str) -> str:
    return name if len(name) <= 30 else name[:29] + "…"


def _svg(height: int, said: str, inside: str, width: int = WIDTH) -> Markup:
    return Markup(
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(said)}">{inside}</svg>'
    )


TILE = (104, 44)


def tiles(places: Sequence[tuple[str, str, float | None, str]]) -> Markup:
    """(province's code, name, share, what is said of it): the deeper the colour, the greater the share."""
    wide, high = TILE
    drawn = ""
    for code, name, share, said in places:
        if code in PLACES:
            x, y = (size * place for size, place in zip(TILE, PLACES[code], strict=True))
            drawn += (
                f'<g class="tile h{depth(share)}"><title>{escape(said)}</title>'
                f'<rect x="{x + 1}" y="{y + 1}" width="{wide - 2}" height="{high - 2}" rx="5"/>'
                f'<text x="{x + wide / 2}" y="{y + 19}" text-anchor="middle">{escape(name)}</text>'
                f'<text class="share" x="{x + wide / 2}" y="{y + 35}" text-anchor="middle">{percent(share)}</text></g>'
            )
    told = "; ".join(said for _, _, share, said in places if share is not None) or "chưa có số liệu"
    return _svg(high * ROWS, f"Tỷ lệ xác nhận theo tỉnh: {told}", drawn, wide * COLUMNS)


def columns(days: Sequence[date], series: Mapping[str, Sequence[int]]) -> Markup:
    """A column a day (or week, month), its parts on top of each other in the order of the series."""
    totals = [sum(part) for part in zip(*series.values(), strict=True)] if series else []
    most = max(totals, default=0)
    if not most:
        return Markup("")
    high, step = HEIGHT - TOP - BOTTOM, (WIDTH - LEFT - RIGHT) / len(days)
    wide = max(2.0, step * 0.72)
    drawn = _scale(most)
    for n, day in enumerate(days):
        at, x = TOP + high, LEFT + step * n + (step - wide) / 2
        for number, (name, counts) in enumerate(series.items()):
            if tall := high * counts[n] / most:
                at -= tall
                said = f"{day:%d/%m/%Y}, {name}: {counts[n]}"
                drawn += (
                    f'<rect class="s{number % 8}" x="{x:.1f}" y="{at:.1f}" width="{wide:.1f}" height="{tall:.1f}">'
                    f"<title>{escape(said)}</title></rect>"
                )
    told = "; ".join(f"{name}: {sum(counts)}" for name, counts in series.items())
    return _svg(HEIGHT, f"Số câu hỏi theo thời gian. {told}", drawn + _days(days, step))


def rate(days: Sequence[date], counts: Sequence[int], totals: Sequence[int], what: str) -> Markup:
    """The share of each column as a line; a column without anything leaves a gap."""
    if not sum(totals):
        return Markup("")
    high, step = HEIGHT - TOP - BOTTOM, (WIDTH - LEFT - RIGHT) / len(days)
    lines: list[list[str]] = [[]]
    dots = ""
    for n, (day, count, total) in enumerate(zip(days, counts, totals, strict=True)):
        if not total:
            lines.append([])
            continue
        x, y = LEFT + step * (n + 0.5), TOP + high * (1 - count / total)
        lines[-1].append(f"{x:.1f},{y:.1f}")
        said = f"{day:%d/%m/%Y}: {percent(count / total)} ({count}/{total})"
        dots += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{said}</title></circle>'
    drawn = "".join(f'<polyline points="{" ".join(line)}"/>' for line in lines if len(line) > 1)
    told = percent(sum(counts) / sum(totals))
    return _svg(HEIGHT, f"{what}: {told} trong cả kỳ", _scale(100, "%") + drawn + dots + _days(days, step))


def _scale(most: int, unit: str = "") -> str:
    high = HEIGHT - TOP - BOTTOM
    steps = sorted({0, most} | ({round(most / 2)} if most > 1 else set()))
    return "".join(
        f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value}{unit}</text>'
        for value in steps for y in [TOP + high * (1 - value / most)]
    )


def _days(days: Sequence[date], step: float) -> str:
    every = max(1, -(-len(days) // 8))
    return "".join(
        f'<text class="tick" x="{LEFT + step * (n + 0.5):.1f}" y="{HEIGHT - 8}" text-anchor="middle">{day:%d/%m}</text>'
        for n, day in enumerate(days) if n % every == 0
    )
