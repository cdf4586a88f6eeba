"""The images on the card: rows per task and split, lengths per task. Pure: data -> PNG bytes.

A line per task in both: its name, its marks on a logarithmic scale, and its numbers,
so short and large that they can be read on a phone, which shows the image at a third
of its size. The panel is opaque and light, and so reads the same on a dark page. The
same data give the same bytes with the same matplotlib: its own font is used, the
reader's styles are not, and the file holds no date.

matplotlib is imported when something is drawn, not before; never pyplot, which keeps
figures alive and looks for a display.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from mixbuild.core import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties
    from matplotlib.text import Text

Histogram = tuple[int, ...]
"""How many texts are how long: bin i counts those whose length in characters has bit_length i.

That is 0, 1, 2 to 3, 4 to 7, 8 to 15 … characters. Two are added bin by bin.
"""

PARTS = ("prompt", "completion")
ROLES = {"train": ("train",), "validation": ("valid", "dev"), "test": ("test",)}
"""What a split is for, and what its name then holds."""

WIDTH = 1080  # pixels, as all lengths here; a phone shows a third of them
LETTER, TITLE = 34, 42  # height of an em
MARGIN, GAP, COLUMN, LANE = 32, 24, 108, 18
LONGEST_NAME = 380  # if one is longer, all are written smaller
FEW_LINES = 8  # with more, the scale's numbers stand below too

PAPER, BAND, GRID = "#f8f9fb", "#eceff3", "#ccd3db"
INK, GREY = "#1b2430", "#515c69"
# Okabe and Ito's colours, which every kind of eye tells apart; shape and place say it again
LOOKS = {
    "train": ("#0072b2", "o"),
    "validation": ("#d55e00", "D"),
    "test": ("#009e73", "s"),
    "other": ("#8a5a83", "v"),
    "prompt": ("#0072b2", "^"),
    "completion": ("#d55e00", "v"),
}


def rows_plot(counts: Mapping[str, Mapping[str, int]]) -> bytes:
    """A PNG of task -> split -> rows, tasks in their order.

    Splits stand together by what they are for: ``train_r1`` and ``train_r2`` as train.

    Raises:
        UsageError: there is no task, or one without splits.
    """
    return _png(lambda: rows_figure(counts))


def lengths_plot(lengths: Mapping[str, Mapping[str, Histogram]]) -> bytes:
    """A PNG of task -> part -> lengths, tasks in their order; the parts are ``PARTS``.

    Raises:
        UsageError: there is no task, or one without one of its histograms.
    """
    return _png(lambda: lengths_figure(lengths))


def rows_figure(counts: Mapping[str, Mapping[str, int]]) -> Figure:
    """What ``rows_plot`` draws."""
    if not counts:
        raise UsageError("plot of rows: expected at least one task, got none; make some first")
    for task, splits in counts.items():
        if not splits:
            raise UsageError(f"plot of rows: expected at least one split of {task}, got none")
    present = {_role(split) for splits in counts.values() for split in splits}
    roles = [role for role in (*ROLES, "other") if role in present]
    logs = [math.log10(rows) for splits in counts.values() for rows in splits.values() if rows]
    low = max(math.floor(min(logs, default=0) - 0.3), 0)  # no line is too short to be seen
    high = max(math.ceil(max(logs, default=0)), low + 1)
    line = 10 + LANE * max(2.5, len(roles))
    sheet = _sheet("Rows per task and split", list(counts), roles, line=line, numbers="rows")
    across = _scale(sheet, low, high, decade=1)
    for middle, splits in zip(sheet.lines, counts.values(), strict=True):
        for lane, role in enumerate(roles):
            sizes = [rows for split, rows in splits.items() if _role(split) == role]
            if sizes:
                _write(sheet.axes, sheet.columns[role], middle, _short(sum(sizes)))
            y = middle + LANE * (lane - (len(roles) - 1) / 2)
            for x in [across(math.log10(rows)) for rows in sizes if rows]:
                sheet.axes.plot([sheet.left, x], [y, y], color=LOOKS[role][0], linewidth=_pt(5))
                _mark(sheet.axes, x, y, role)
    return sheet.figure


def lengths_figure(lengths: Mapping[str, Mapping[str, Histogram]]) -> Figure:
    """What ``lengths_plot`` draws."""
    if not lengths:
        raise UsageError("plot of lengths: expected at least one task, got none; make some first")
    for task, parts in lengths.items():
        for part in PARTS:
            if part not in parts:
                raise UsageError(f"plot of lengths: expected the {part}s of {task}, got none")
    histograms = [parts[part] for parts in lengths.values() for part in PARTS]
    bins = [index for each in histograms for index, count in enumerate(each) if count]
    low = min(bins, default=1) - 1
    high = max([*bins, low + 4])  # wide enough for a power of ten
    sheet = _sheet("Length in characters", list(lengths), PARTS, line=84, numbers="≈ median")
    across = _scale(sheet, low, high, decade=math.log2(10))
    for middle, parts in zip(sheet.lines, lengths.values(), strict=True):
        for part, up in zip(PARTS, (-1, 1), strict=True):
            filled = [index for index, count in enumerate(parts[part]) if count]
            sheet.axes.bar(
                [across(index - 0.5) for index in filled],
                [up * max(35 * parts[part][index] / max(parts[part]), 2) for index in filled],
                across(1) - across(0) - 2,
                middle + 2 * up,
                color=LOOKS[part][0],
            )
            _write(sheet.axes, sheet.columns[part], middle, _short(median(parts[part])))
    return sheet.figure


def median(histogram: Histogram) -> int | None:
    """About the middle length: within a bin, lengths are taken as spread evenly over the logarithm.

    >>> median((0, 0, 0, 10))  # ten texts of 4 to 7 characters
    6
    >>> median(()) is None
    True
    """
    total = sum(histogram)
    if not total:
        return None
    upto = list(accumulate(histogram))
    index = next(index for index, count in enumerate(upto) if 2 * count >= total)
    share = 1 - (upto[index] - total / 2) / histogram[index]
    return round(float(f"{2 ** (index - 1 + share):.2g}")) if index > 1 else index


@dataclass(frozen=True)
class _Sheet:
    """A panel with title, legend and names; y grows downwards."""

    figure: Figure
    axes: Axes
    lines: list[float]  # the middle of each task's line
    columns: Mapping[str, float]  # the right end of each column of numbers
    left: float  # of the scale
    right: float
    top: float  # of the first line
    bottom: float  # of the last


def _sheet(
    title: str, names: Sequence[str], columns: Sequence[str], *, line: float, numbers: str
) -> _Sheet:
    """Draw the panel: a line of that height per name, a column of those numbers per column."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    legend = MARGIN + TITLE + 22 + LETTER / 2
    top = legend + 2 * LETTER + 28
    lines = [top + line * (index + 0.5) for index in range(len(names))]
    bottom = top + line * len(names)
    height = bottom + MARGIN / 2 + (LETTER + 16 if len(names) > FEW_LINES else 0)
    figure = Figure(figsize=(WIDTH / 100, height / 100), dpi=100, facecolor=PAPER)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(height, 0))
    axes.axis("off")
    axes.barh(lines[::2], WIDTH - MARGIN, line, MARGIN / 2, color=BAND, zorder=0.4)
    _write(axes, MARGIN, MARGIN + TITLE / 2, title, side="left").set_fontproperties(_font(TITLE))
    _write(axes, WIDTH - MARGIN, legend, numbers, colour=GREY)
    x, ends = float(MARGIN), dict[str, float]()
    for back, column in zip(range(len(columns) - 1, -1, -1), columns, strict=True):
        _mark(axes, x + 11, legend, column)
        x = _end(_write(axes, x + 32, legend, column, side="left", colour=GREY)) + 40
        ends[column] = WIDTH - MARGIN - back * COLUMN
        _mark(axes, ends[column] - LETTER, top - 12 - LETTER / 2, column)
    texts = [
        _write(axes, MARGIN, y, name, side="left") for y, name in zip(lines, names, strict=True)
    ]
    longest = max(_end(text) for text in texts) - MARGIN
    for text in texts:
        text.set_fontproperties(_font(LETTER * min(1, LONGEST_NAME / longest)))
    left = MARGIN + min(longest, LONGEST_NAME) + GAP
    right = min(ends.values()) - COLUMN
    return _Sheet(figure, axes, lines, ends, left, right, top, bottom)


def _scale(sheet: _Sheet, low: int, high: int, *, decade: float) -> Callable[[float], float]:
    """Draw the grid from one logarithm to the other, and return how a logarithm becomes x.

    ``decade`` is the logarithm of ten. Every power of ten has a line, and as many as fit a number.
    """

    def across(value: float) -> float:
        return sheet.left + (value - low) / (high - low) * (sheet.right - sheet.left)

    powers = range(max(0, math.ceil(low / decade)), math.floor(high / decade) + 1)
    above, below = sheet.top - 12 - LETTER / 2, sheet.bottom + 12 + LETTER / 2
    places = [across(power * decade) for power in powers]
    texts = [
        _write(sheet.axes, x, above, _short(10**power), side="center", colour=GREY)
        for x, power in zip(places, powers, strict=True)
    ]
    widest = max(2 * (_end(text) - x) for text, x in zip(texts, places, strict=True))
    every = math.ceil((widest + GAP) / (across(decade) - across(0)))
    for index, (text, x) in enumerate(zip(texts, places, strict=True)):
        ends = [sheet.top, sheet.bottom]
        sheet.axes.plot([x, x], ends, color=GRID, linewidth=_pt(2), zorder=0.5)
        if index % every:
            text.remove()
        elif len(sheet.lines) > FEW_LINES:
            _write(sheet.axes, x, below, text.get_text(), side="center", colour=GREY)
    return across


def _write(
    axes: Axes, x: float, y: float, text: str, *, side: str = "right", colour: str = INK
) -> Text:
    # not "center": the middle would move with the letters that reach below the line
    return axes.text(
        x, y + 0.36 * LETTER, text, ha=side, va="baseline", fontproperties=_font(LETTER),
        color=colour, parse_math=False,
    )  # fmt: skip


def _font(size: float) -> FontProperties:
    import matplotlib
    from matplotlib.font_manager import FontProperties

    # the file that comes with matplotlib: what a machine has under that name may be another
    face = "DejaVuSans-Bold.ttf" if size > LETTER else "DejaVuSans.ttf"
    path = Path(matplotlib.get_data_path(), "fonts", "ttf", face)
    return FontProperties(fname=path, size=_pt(size))


def _end(text: Text) -> float:
    """Where a text ends on the right."""
    return float(text.get_window_extent().x1)


def _mark(axes: Axes, x: float, y: float, what: str) -> None:
    colour, shape = LOOKS[what]
    axes.plot(
        [x], [y], color=colour, marker=shape, markersize=_pt(20), markeredgecolor=PAPER,
        markeredgewidth=_pt(2), zorder=3,
    )  # fmt: skip


def _pt(pixels: float) -> float:
    """Pixels in the points that matplotlib measures letters and lines in, at 100 dots an inch."""
    return pixels * 0.72


def _role(split: str) -> str:
    """What a split is for.

    >>> [_role(split) for split in ("train_r1", "validation_matched", "ca_test", "prompt")]
    ['train', 'validation', 'test', 'other']
    """
    found = (role for role, signs in ROLES.items() if any(sign in split for sign in signs))
    return next(found, "other")


def _short(number: int | None) -> str:
    """A number in at most four letters.

    >>> [_short(number) for number in (0, 999, 1_000, 9_800, 87_599, 999_999, 3_600_000)]
    ['0', '999', '1k', '9.8k', '88k', '1M', '3.6M']
    """
    if number is None:
        return "–"
    for unit, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= 0.9995 * unit:  # what is rounded to a thousand of the unit below is one here
            digits = 1 if number < 9.95 * unit else 0
            return f"{number / unit:.{digits}f}".removesuffix(".0") + letter
    return str(number)


def _png(draw: Callable[[], Figure]) -> bytes:
    from matplotlib import style

    out = io.BytesIO()
    with style.context("default"):  # the reader's own style would change the bytes
        draw().savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
