"""Figures as a picture for a chat and as a PDF for a file. Drawn in a thread of its own: it takes half a second."""

import io
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from network import moments
from network.statistics import PERIODS, Asked, Chosen, Figures, percent
from network.tiles import COLUMNS, PLACES, ROWS, depth

SHADES = ("#f0f1f4", "#dfe8fd", "#b9ccfa", "#7f9ff2", "#4a72e6", "#1d4ed8")
SERIES = ("#1d4ed8", "#0f8a6d", "#b45309", "#7c3aed", "#0e7490", "#a21caf", "#64748b", "#c81e1e")
INK, SOFT, LINE = "#1b222c", "#55606e", "#dde1e7"
_one = threading.Lock()  # the library's font cache is not made for two threads at once


def draw(
    kind: str, figures: Figures, chosen: Chosen, about: str, provinces: Mapping[str, str], now: datetime
) -> bytes:
    """`kind` png or pdf; `about` says the filters in words; `provinces` code → name."""
    with _one:  # imported here: it takes half a second and 60 MB, only where something is drawn
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        page = Figure(figsize=(11.7, 8.3), dpi=110, facecolor="white")
        FigureCanvasAgg(page)
        places = page.add_gridspec(
            3, 2, height_ratios=(0.24, 1, 1), width_ratios=(1.25, 1), left=0.07, right=0.97, top=0.97, bottom=0.14,
            hspace=0.34, wspace=0.16,
        )
        _head(page.add_subplot(places[0, :]), figures, f"{PERIODS[chosen.days]} gần nhất{about}", now)
        _curve(page.add_subplot(places[1, 0]), figures)
        _questions(page.add_subplot(places[2, 0]), figures.questions)
        _map(page.add_subplot(places[1:, 1]), figures, provinces)
        out = io.BytesIO()
        page.savefig(out, format=kind, metadata={"Title": "Loa – Thống kê"})
        return out.getvalue()


def in_words(figures: Figures) -> list[tuple[str, str]]:
    """(figure, what it is), for the head of a page and the text of a message."""
    whole, asked = figures.whole, figures.questions
    return [
        (_count(len(figures.briefs)), "bản tin"), (_count(whole.sent), "lượt gửi được"),
        (percent(whole.share), "xác nhận"), (_count(sum(asked.total)), "câu hỏi"),
        (percent(asked.rate), "chưa có câu trả lời"),
        (percent(asked.helpful / asked.judged if asked.judged else None), "thấy hữu ích"),
    ]


def _count(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _head(axes: Any, figures: Figures, period: str, now: datetime) -> None:
    axes.axis("off")
    axes.text(0, 1.0, "Truyền thông chính sách: số liệu", fontsize=16, fontweight="bold", color=INK, va="top")
    axes.text(1, 1.0, f"{period}; tính lúc {moments.say(now)}", fontsize=9, color=SOFT, va="top", ha="right")
    for n, (figure, what) in enumerate(in_words(figures)):
        axes.text(n / 6, 0.06, figure, fontsize=15, fontweight="bold", color=INK, va="bottom")
        axes.text(n / 6, -0.02, what, fontsize=9, color=SOFT, va="top")


def _plain(axes: Any, title: str) -> None:
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold", color=INK)
    axes.tick_params(colors=SOFT, labelsize=8, length=0)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    for side in axes.spines.values():
        side.set_visible(False)


def _nothing(axes: Any) -> None:
    axes.text(0.5, 0.5, "Chưa có số liệu", color=SOFT, ha="center", transform=axes.transAxes)
    axes.set_xticks([])
    axes.set_yticks([])


def _curve(axes: Any, figures: Figures) -> None:
    _plain(axes, "Xác nhận theo thời gian")
    total = figures.curve[0][2] if figures.curve else 0
    if not total:
        return _nothing(axes)
    shares = [0.0, *(100 * count / total for _, count, _ in figures.curve)]
    axes.plot(range(len(shares)), shares, color=SERIES[0], linewidth=2.2, marker="o", markersize=4)
    axes.set_xticks(range(len(shares)), ["gửi", *(f"{hours} giờ" for hours, *_ in figures.curve)])
    axes.set_ylim(0, 100)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0f}%")
    axes.annotate(percent(shares[-1] / 100), (len(shares) - 1, shares[-1]), (0, 6), textcoords="offset points",
                  ha="center", fontsize=9, color=INK)
    return None


def _questions(axes: Any, asked: Asked) -> None:
    _plain(axes, "Câu hỏi theo chủ đề")
    if not sum(asked.total):
        return _nothing(axes)
    series: dict[str, Sequence[int]] = {**asked.series, "Chưa có câu trả lời": asked.unanswered}
    below = [0] * len(asked.columns)
    for n, (name, counts) in enumerate(series.items()):
        short = name if len(name) <= 34 else f"{name[:33]}…"
        axes.bar(range(len(counts)), counts, 0.75, below, color=SERIES[n % len(SERIES)], label=short)
        below = [a + b for a, b in zip(below, counts, strict=True)]
    every = max(1, -(-len(asked.columns) // 8))
    axes.set_xticks(
        range(0, len(asked.columns), every), [f"{day:%d/%m}" for day in asked.columns[::every]]
    )
    axes.legend(fontsize=7, frameon=False, ncols=3, loc="upper left", bbox_to_anchor=(-0.02, -0.1), labelcolor=SOFT,
                columnspacing=1.2, handlelength=1.1)
    return None


def _map(axes: Any, figures: Figures, provinces: Mapping[str, str]) -> None:
    from matplotlib.patches import FancyBboxPatch

    axes.set_title("Xác nhận theo tỉnh", loc="left", fontsize=11, fontweight="bold", color=INK)
    axes.set_xlim(0, COLUMNS)
    axes.set_ylim(ROWS, 0)
    axes.axis("off")
    for code, (x, y) in PLACES.items():
        place = figures.provinces.get(code)
        shade = depth(place.share if place else None)
        axes.add_patch(FancyBboxPatch(
            (x + 0.06, y + 0.08), 0.88, 0.84, boxstyle="round,pad=0,rounding_size=0.08", facecolor=SHADES[shade],
            edgecolor="none",
        ))
        ink = "white" if shade >= 4 else INK
        axes.text(x + 0.5, y + 0.4, provinces.get(code, code), ha="center", va="center", fontsize=6.3, color=ink)
        said = percent(place.share if place else None)
        axes.text(x + 0.5, y + 0.74, said, ha="center", va="center", fontsize=6, color=ink)
