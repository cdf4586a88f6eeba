"""The images on the card: rows, lengths, a mixture's shares, task by task. Pure: data -> PNG bytes.

A line per task in each: its name, its marks, and its numbers; rows and lengths on a logarithmic
scale. The panel is
opaque and light, and so reads the same on a dark page. The same data give the same bytes with the
same matplotlib: its own font is used, the reader's styles are not, and the file holds no date.

matplotlib is imported when something is drawn, not before; never pyplot, which keeps
figures alive and looks for a display.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from mixbuild.core import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Histogram = tuple[int, ...]
"""How many texts are how long: bin i counts those whose length in characters has bit_length i.

That is 0, 1, 2 to 3, 4 to 7, 8 to 15 … characters. Two are added bin by bin.
"""

PARTS = ("prompt", "completion")
ROLES = {"train": ("train",), "validation": ("valid", "dev"), "test": ("test",)}
"""What a split is for, and what its name then holds."""

WIDTH = 1080  # pixels; a phone shows a third of them
LINE, HEAD, FOOT = 46, 170, 50  # heights: of a task, and of what stands above and below all
MARGIN, COLUMN = 28, 92  # widths: at the edges, and of a column of numbers
LONGEST_NAME = 430  # if one is wider, all are written smaller

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
    "got": ("#0072b2", "s"),
    "asked": ("#d55e00", "d"),
}
LETTER = 20  # points, of which 72 are 100 pixels
STYLE: dict[Any, Any] = {  # as matplotlib types it: not every version names its keys
    "font.family": "DejaVu Sans",  # the one that comes with matplotlib is found first
    "font.size": LETTER,
    "text.parse_math": False,
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "lines.markersize": 11,
    "lines.markeredgecolor": PAPER,
}


def rows_plot(counts: Mapping[str, Mapping[str, int]]) -> bytes:
    """A PNG of task -> split -> rows, tasks in their order.

    Splits stand together by what they are for: ``train_r1`` and ``train_r2`` as train.

    Raises:
        UsageError: there is no task.
    """
    return _png(lambda: rows_figure(counts))


def lengths_plot(lengths: Mapping[str, Mapping[str, Histogram]]) -> bytes:
    """A PNG of task -> part -> lengths, tasks in their order; the parts are ``PARTS``.

    Raises:
        UsageError: there is no task.
    """
    return _png(lambda: lengths_figure(lengths))


def composition_plot(shares: Mapping[str, tuple[float, int]]) -> bytes:
    """A PNG of task -> the share that is asked for and the rows of it, tasks in their order.

    Raises:
        UsageError: there is no task.
    """
    return _png(lambda: composition_figure(shares))


def rows_figure(counts: Mapping[str, Mapping[str, int]]) -> Figure:
    """What ``rows_plot`` draws."""
    _refuse_none("rows", counts)
    present = {_role(split) for splits in counts.values() for split in splits}
    roles = [role for role in (*ROLES, "other") if role in present]
    sizes = [rows for splits in counts.values() for rows in splits.values() if rows]
    # no line is too short to be seen
    low = min(sizes, default=1) / 2
    figure, axes = _panel("Rows per split", counts, roles, low, sizes)
    for lane, role in enumerate(roles):
        marks = []
        for line, splits in enumerate(counts.values()):
            own = [rows for split, rows in splits.items() if _role(split) == role]
            marks += [(rows, line + 0.2 * (lane - (len(roles) - 1) / 2)) for rows in own if rows]
            if own:
                _number(axes, line, len(roles) - 1 - lane, _short(sum(own)))
        x, y = zip(*marks, strict=True) if marks else ((), ())
        colour, shape = LOOKS[role]
        axes.hlines(y, axes.get_xlim()[0], x, color=colour, linewidth=3)
        axes.plot(x, y, shape, color=colour)
    return figure


def lengths_figure(lengths: Mapping[str, Mapping[str, Histogram]]) -> Figure:
    """What ``lengths_plot`` draws."""
    _refuse_none("lengths", lengths)
    histograms = [parts[part] for parts in lengths.values() for part in PARTS]
    bins = [index for each in histograms for index, count in enumerate(each) if count]
    ends = [2.0**index for index in bins]
    low, title = min(ends, default=2) / 2, "Length in characters, and about its median"
    figure, axes = _panel(title, lengths, PARTS, low, ends)
    for column, (part, up) in enumerate(zip(PARTS, (-0.45, 0.45), strict=True)):
        for line, parts in enumerate(lengths.values()):
            most = max(parts[part], default=0)
            filled = [(2.0 ** (at - 1), each / most) for at, each in enumerate(parts[part]) if each]
            starts = [start for start, _ in filled]
            heights = [up * max(share, 0.06) for _, share in filled]
            axes.bar(starts, heights, starts, line, align="edge", color=LOOKS[part][0])
            _number(axes, line, len(PARTS) - 1 - column, _short(median(parts[part])))
    return figure


def composition_figure(shares: Mapping[str, tuple[float, int]]) -> Figure:
    """What ``composition_plot`` draws."""
    _refuse_none("shares", shares)
    total = max(1, sum(rows for _, rows in shares.values()))
    got = [rows / total for _, rows in shares.values()]
    asked = [share for share, _ in shares.values()]
    columns = ("got", "asked")
    figure, axes = _panel("Share of the rows", shares, columns, None, [*got, *asked])
    axes.barh(range(len(got)), got, 0.5, color=LOOKS["got"][0])
    colour, shape = LOOKS["asked"]
    axes.plot(asked, range(len(asked)), shape, color=colour, markersize=16)
    for line, each in enumerate(zip(got, asked, strict=True)):
        for back, share in enumerate(reversed(each)):
            _number(axes, line, back, _percent(share))
    return figure


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


def _panel(
    title: str,
    names: Iterable[str],
    columns: Sequence[str],
    low: float | None,
    values: Iterable[float],
) -> tuple[Figure, Axes]:
    """Title, legend, names, and a scale from ``low`` to the highest of the values.

    It is logarithmic; without ``low`` one of shares from 0.

    A line is 1 high, the first at 0, and y grows downwards.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator
    from matplotlib.transforms import IdentityTransform

    names = list(names)
    scale = LINE * len(names)
    height = HEAD + scale + FOOT
    figure = Figure(figsize=(WIDTH / 100, height / 100), dpi=100)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), ylim=(len(names) - 0.5, -0.5))
    axes.set_yticks(range(len(names)), names)
    longest = max(label.get_window_extent().width for label in axes.get_yticklabels())
    axes.tick_params("y", length=0, colors=INK, labelsize=LETTER * min(1, LONGEST_NAME / longest))
    left = 2 * MARGIN + min(longest, LONGEST_NAME)
    width = WIDTH - 2 * MARGIN - COLUMN * len(columns) - left
    axes.set_position((left / WIDTH, FOOT / height, width / WIDTH, scale / height))
    bands, wide = range(0, len(names), 2), axes.get_yaxis_transform()
    axes.barh(bands, 2 * WIDTH, 1, -WIDTH, color=BAND, transform=wide, clip_on=False, zorder=0)
    if low is None:
        axes.set_xlim(0, 1.1 * max(values))
        axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _percent(value)))
    else:
        axes.set_xscale("log")
        axes.set_xlim(low, max([low * 16, *(1.4 * each for each in values)]))
        axes.xaxis.set_major_locator(LogLocator(numticks=5))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(round(value))))
    axes.tick_params("x", length=0, colors=GREY, labeltop=True)
    axes.grid(axis="x", color=GRID, linewidth=1.5)
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)
    figure.text(MARGIN / WIDTH, 1 - MARGIN / height, title, va="top", color=INK, weight="bold")
    looks = [(each, *LOOKS[each]) for each in columns]
    shapes = [Line2D([], [], c=colour, marker=it, ls="", label=each) for each, colour, it in looks]
    figure.legend(
        handles=shapes, loc="upper left", bbox_to_anchor=(0, 1 - 62 / height), frameon=False,
        ncols=len(columns), labelcolor=GREY, handletextpad=0, columnspacing=1,
    )  # fmt: skip
    for back, (_, colour, shape) in enumerate(reversed(looks)):
        x, y = WIDTH - MARGIN - COLUMN * back - 20, height - HEAD + 20
        axes.plot(x, y, shape, c=colour, clip_on=False, transform=IdentityTransform())
    return figure, axes


def _number(axes: Axes, line: int, back: int, text: str) -> None:
    """Write into the column that has so many to its right."""
    from matplotlib.transforms import IdentityTransform, blended_transform_factory

    place = blended_transform_factory(IdentityTransform(), axes.transData)
    x = WIDTH - MARGIN - COLUMN * back
    axes.text(x, line, text, ha="right", va="center_baseline", color=INK, transform=place)


def _refuse_none(what: str, tasks: Mapping[str, object]) -> None:
    if not tasks:
        raise UsageError(f"plot of {what}: expected at least one task, got none; make some first")


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


def _percent(share: float) -> str:
    """A share in at most four letters.

    >>> [_percent(share) for share in (0, 0.00004, 0.0123, 0.0999, 0.25, 1)]
    ['0%', '0%', '1.2%', '10%', '25%', '100%']
    """
    percent = 100 * share
    return f"{percent:.{0 if percent >= 9.95 else 1}f}".removesuffix(".0") + "%"


def _png(draw: Callable[[], Figure]) -> bytes:
    from matplotlib import rc_context, style

    out = io.BytesIO()
    with style.context("default"), rc_context(STYLE):  # the reader's own would change the bytes
        draw().savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
