"""What the images on the card show: rows, lengths, shares of a mixture, line by line. Pure."""

from __future__ import annotations

from collections import Counter

import numpy as np

from mixbuild.declare import TRAIN
from mixbuild.publish.card import write as card
from mixbuild.publish.card.mixture import mixtures
from mixbuild.publish.manifest import Configs, PublishedConfig

MOST_LINES = 16
"""So many configs, or tasks of a mixture, have a line each; of more, those of a family together."""


def _lines(configs: Configs) -> dict[str, list[PublishedConfig]]:
    """The lines of the images, in order."""
    names = card.ordered(configs)
    lines: dict[str, list[PublishedConfig]] = {}
    for name in names:
        label = name if len(names) <= MOST_LINES else configs[name].family
        lines.setdefault(label, []).append(configs[name])
    return lines


def row_counts(configs: Configs) -> dict[str, dict[str, int]]:
    """How many rows each line has, split by split."""
    counts: dict[str, dict[str, int]] = {}
    for label, some in _lines(configs).items():
        splits: Counter[str] = Counter()
        for config in some:
            splits.update({split: each.rows for split, each in config.splits.items()})
        counts[label] = dict(splits)
    return counts


def text_lengths(configs: Configs) -> dict[str, dict[str, tuple[int, ...]]]:
    """How long the texts of each line are, all its splits together."""
    return {
        label: {
            text: tuple(
                int(count)
                for count in np.sum(
                    [
                        getattr(each.lengths, text)
                        for config in some
                        for each in config.splits.values()
                    ],
                    axis=0,
                )
            )
            for text in ("prompt", "completion")
        }
        for label, some in _lines(configs).items()
    }


def compositions(configs: Configs) -> dict[str, dict[str, tuple[float, int]]]:
    """Of each mixture: line -> the share of train that is asked for, the rows of train."""
    made: dict[str, dict[str, tuple[float, int]]] = {}
    for name, made_of in mixtures(configs).items():
        made[name] = {}
        for task, part in made_of.parts.items():
            label = task if len(made_of.parts) <= MOST_LINES else part.of.family
            if TRAIN in part.splits:
                asked, rows = made[name].get(label, (0.0, 0))
                taken = part.splits[TRAIN]
                made[name][label] = (asked + taken.asked, rows + taken.rows)
    return made
