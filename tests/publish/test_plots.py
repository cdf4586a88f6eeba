"""The card's images: the same bytes again, every task named, nothing over anything else."""

from __future__ import annotations

import itertools
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pytest
from conftest import ROOT
from mixbuild.core.errors import UsageError
from mixbuild.publish.plots import (
    BAND,
    GREY,
    INK,
    LOOKS,
    PAPER,
    STYLE,
    WIDTH,
    Histogram,
    lengths_figure,
    lengths_plot,
    median,
    rows_figure,
    rows_plot,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROWS = {
    "squad": {"train": 87_599, "validation": 10_570},
    "imdb": {"train": 25_000, "test": 25_000},
    "billsum": {"train": 18_949, "test": 3_269, "ca_test": 1_237},
}


def histogram(*lengths: int) -> Histogram:
    counts = [0] * 32
    for length in lengths:
        counts[length.bit_length()] += 1
    return tuple(counts)


LENGTHS = {
    task: {"prompt": histogram(90, 700, 900, 30_000), "completion": histogram(2, 9, 11)}
    for task in ROWS
}


def many(count: int) -> list[str]:
    """Names of every length that a config may have."""
    return [f"task_{index}_{'long_' * (index % 5)}name" for index in range(count)]


def many_rows(count: int) -> Mapping[str, Mapping[str, int]]:
    splits = ("train_r1", "train_r2", "validation_matched", "dev", "test", "unsupervised")
    return {
        name: {split: 10 + 3_600_000 // (index * place + 1) for place, split in enumerate(splits)}
        for index, name in enumerate(many(count))
    }


def many_lengths(count: int) -> Mapping[str, Mapping[str, Histogram]]:
    return {
        name: {"prompt": (1,) * 32, "completion": histogram(index, 2 * index)}
        for index, name in enumerate(many(count))
    }


def drawn(draw: Callable[[], Figure]) -> Figure:
    """The figure as it is saved."""
    from matplotlib import rc_context

    with rc_context(STYLE):
        figure = draw()
        figure.canvas.draw()
    return figure


def boxes(figure: Figure) -> list[tuple[str, Any]]:
    """Every text that can be seen, and where it lies, in pixels."""
    from matplotlib.text import Text

    (axes,) = figure.axes
    low, high = axes.get_xlim()
    ticks = zip(axes.xaxis.get_major_ticks(), axes.get_xticks(), strict=True)
    beyond = [each for each, value in ticks if not low <= value <= high]
    unseen = [text for tick in beyond for text in (tick.label1, tick.label2)]
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    return [
        (text.get_text(), text.get_window_extent())
        for text in texts
        if text.get_visible() and text.get_text() and text not in unseen
    ]


def marks(figure: Figure) -> list[Any]:
    """What is marked on the scale: a line of marks for each kind of split."""
    (axes,) = figure.axes
    return [line for line in axes.lines if line.get_transform() == axes.transData]


@pytest.mark.parametrize(("plot", "data"), [(rows_plot, ROWS), (lengths_plot, LENGTHS)])
def test_a_plot_is_a_png_that_grows_with_the_tasks(
    plot: Callable[[Mapping[str, Any]], bytes], data: Mapping[str, Any]
) -> None:
    heights = []
    for count in range(1, 4):
        png = plot(dict(itertools.islice(data.items(), count)))
        assert png.startswith(b"\x89PNG\r\n\x1a\n")
        width, height = struct.unpack(">II", png[16:24])
        assert width == WIDTH
        heights.append(height)
    assert heights == sorted(set(heights))
    assert heights[0] < WIDTH / 3


@pytest.mark.parametrize(("plot", "data"), [(rows_plot, ROWS), (lengths_plot, LENGTHS)])
def test_the_same_data_give_the_same_bytes_whatever_the_readers_style(
    plot: Callable[[Mapping[str, Any]], bytes], data: Mapping[str, Any]
) -> None:
    import matplotlib

    first = plot(data)
    ours: Any = {"font.size": 30, "savefig.dpi": 50, "axes.facecolor": "black", "lines.marker": "x"}
    with matplotlib.rc_context(ours):
        assert plot(data) == first
    # nothing but the picture and its scale: no date, no name of a program
    kinds, at = [], 8
    while at < len(first):
        (size,) = struct.unpack(">I", first[at : at + 4])
        kinds.append(first[at + 4 : at + 8])
        at += 12 + size
    assert set(kinds) == {b"IHDR", b"pHYs", b"IDAT", b"IEND"}


def test_another_process_draws_the_same_bytes_and_never_loads_pyplot() -> None:
    code = (
        "import sys\n"
        "from mixbuild.publish import plots\n"
        "assert not any(name.startswith('matplotlib') for name in sys.modules), 'loaded early'\n"
        f"png = plots.rows_plot({ROWS!r})\n"
        f"plots.lengths_plot({LENGTHS!r})\n"
        "assert 'matplotlib.figure' in sys.modules\n"
        "assert 'matplotlib.pyplot' not in sys.modules, 'pyplot'\n"
        "sys.stdout.buffer.write(png)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "build", capture_output=True, check=False
    )
    assert done.stderr.decode() == ""
    assert done.stdout == rows_plot(ROWS)


def test_tasks_and_counts_are_written_in_the_order_given() -> None:
    texts = [text for text, _ in boxes(drawn(lambda: rows_figure(ROWS)))]
    assert [text for text in texts if text in ROWS] == list(ROWS)
    # the two test splits of billsum count as one
    assert texts[:6] == ["88k", "25k", "19k", "11k", "25k", "4.5k"]
    assert texts[-3:] == ["train", "validation", "test"]


def test_every_split_has_a_mark_with_others_of_its_kind_on_a_lane() -> None:
    counts = {"mine": {"train": 1, "test": 20, "ca_test": 3_000, "unused_test": 0}}
    train, test = marks(drawn(lambda: rows_figure(counts)))
    assert (train.get_marker(), test.get_marker()) == (LOOKS["train"][1], LOOKS["test"][1])
    # nothing can be marked for no rows
    assert (list(train.get_xdata()), list(test.get_xdata())) == ([1], [20, 3_000])
    (above,), (one, other) = train.get_ydata(), test.get_ydata()
    assert -0.5 < above < one == other < 0.5


def test_lengths_are_bars_up_for_prompts_and_down_for_completions() -> None:
    parts = {"prompt": histogram(70, 80, 100, 200), "completion": histogram(4)}
    figure = drawn(lambda: lengths_figure({"squad": parts}))
    assert [text for text, _ in boxes(figure)][:2] == ["100", "6"]
    (axes,) = figure.axes
    _band, *bars = axes.patches
    got = [(bar.get_x(), bar.get_width(), bar.get_height()) for bar in bars]  # type: ignore[attr-defined]
    assert got == [(64, 64, -0.45), (128, 128, -0.15), (4, 4, 0.45)]
    assert axes.yaxis_inverted()


def test_the_median_is_at_most_twice_or_half_the_true_one() -> None:
    for lengths in ([1], [2], [5, 5, 5], [9, 10, 300], [4_000] * 3, [0, 0, 7]):
        true = sorted(lengths)[len(lengths) // 2]
        got = median(histogram(*lengths))
        assert got is not None
        assert true / 2 <= got <= 2 * true


@pytest.mark.parametrize("count", [1, 9, 35])
@pytest.mark.parametrize(
    "figure_of",
    [
        lambda count: rows_figure(many_rows(count)),
        lambda count: lengths_figure(many_lengths(count)),
    ],
    ids=["rows", "lengths"],
)
def test_every_task_is_named_once_and_no_text_touches_another(
    count: int, figure_of: Callable[[int], Figure]
) -> None:
    figure = drawn(lambda: figure_of(count))
    found = boxes(figure)
    assert [text for text, _ in found if text.startswith("task_")] == many(count)
    width, height = figure.canvas.get_width_height()
    assert height <= 1_850, "31 tasks are to be seen at once on a page"
    for text, box in found:
        assert 0 <= box.x0 < box.x1 <= width, text
        assert 0 <= box.y0 < box.y1 <= height, text
    for (one, a), (other, b) in itertools.combinations(found, 2):
        assert not a.overlaps(b), f"{one} and {other}"


def test_every_mark_lies_on_the_line_of_its_task_and_within_the_scale() -> None:
    counts = many_rows(35)
    figure = drawn(lambda: rows_figure(counts))
    (axes,) = figure.axes
    low, high = axes.get_xlim()
    found = [
        (round(y), x)
        for line in marks(figure)
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    ]
    assert all(low < x < high / 1.3 for _, x in found)
    assert sorted(found) == sorted(
        (line, rows) for line, splits in enumerate(counts.values()) for rows in splits.values()
    )


@pytest.mark.parametrize("rows", [0, 1, 9, 10, 11, 3_600_000, 10**12])
def test_any_number_of_rows_can_be_drawn(rows: int) -> None:
    assert rows_plot({"squad": {"train": rows}}).startswith(b"\x89PNG")


@pytest.mark.parametrize("lengths", [(), (0,) * 32, (5,), (0, 5), (0,) * 31 + (1,), (10**12,) * 32])
def test_any_lengths_can_be_drawn(lengths: Histogram) -> None:
    drawn = lengths_plot({"squad": {"prompt": lengths, "completion": lengths}})
    assert drawn.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda: rows_plot({}),
            "plot of rows: expected at least one task, got none; make some first",
        ),
        (
            lambda: lengths_plot({}),
            "plot of lengths: expected at least one task, got none; make some first",
        ),
    ],
)
def test_what_is_empty_is_refused_in_one_line(draw: Callable[[], bytes], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        draw()
    assert str(caught.value) == message


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        channel / 12.92 if channel <= 0.03928 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("paper", [PAPER, BAND])
def test_letters_and_marks_stand_out_from_the_panel(paper: str) -> None:
    def contrast(colour: str) -> float:
        light, dark = sorted((luminance(paper), luminance(colour)), reverse=True)
        return (light + 0.05) / (dark + 0.05)

    # WCAG 2.1, AA: 4.5 for letters, 3 for what is drawn
    assert min(contrast(colour) for colour in (INK, GREY)) > 4.5
    assert min(contrast(colour) for colour, _ in LOOKS.values()) > 2.9
