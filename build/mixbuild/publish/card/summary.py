"""What the rows of a config are like: their commonest completions, and how long their texts are."""

from __future__ import annotations

from collections.abc import Iterator

from mixbuild.core import count_of
from mixbuild.curate import QUANTILES
from mixbuild.publish.card.markdown import code, table
from mixbuild.publish.manifest import PublishedConfig, PublishedSplit


def completions(split: PublishedSplit) -> str:
    """``` positive` 12 (60.0 %), ` negative` 8 (40.0 %)``; nothing where none is common."""
    summary = split.summary
    # a completion that only one row has is not common
    common = [each for each in summary.completions if each.rows > 1] if summary else []
    if summary is None or summary.distinct is None or not common:
        return ""
    told = [
        f"{code(each.text)} {each.rows:,} ({100 * each.rows / split.rows:.1f} %)" for each in common
    ]
    if others := summary.distinct - len(common):
        told.append(f"{others:,} more that differ")
    return ", ".join(told)


def by_template(split: PublishedSplit) -> str:
    """``` `seed` 12, `terse` 8``; nothing where one template has all rows."""
    counts = split.summary.templates if split.summary else {}
    if len(counts) < 2:
        return ""
    ordered = sorted(counts.items(), key=lambda found: (-found[1], found[0]))
    return ", ".join(f"{code(name)} {rows:,}" for name, rows in ordered)


def repeats(config: PublishedConfig) -> Iterator[str]:
    """What rows say more than once: those that are there, and those that were judged."""
    for split, each in config.splits.items():
        if each.summary and (each.summary.repeated or each.summary.conflicts):
            yield (
                f"said more than once in {split}: {count_of(each.summary.repeated, 'row')} as "
                f"before, {count_of(each.summary.conflicts, 'prompt')} with several completions"
            )
    found = config.overlaps
    if found is None:
        return
    for leak in found.leaks:
        near = f", and {leak.near:,} nearly" if leak.near else ""
        inputs = count_of(leak.inputs, "input")
        yield f"the source has {inputs} of {leak.train} in {leak.evaluation} as well{near}"
    for what, counts in (("the same", found.conflicts), ("nearly the same", found.near_conflicts)):
        for name, rows in counts.items():
            said = f"{what} inputs as another and another answer"
            yield f"the source has {count_of(rows, 'row')} of {name} with {said}"
    for alike in found.near_clusters.values():
        yield (
            f"the source has {count_of(alike.rows, 'row')} in "
            f"{count_of(alike.clusters, 'cluster')} of nearly the same inputs, the largest of "
            f"{count_of(alike.largest, 'row')}"
        )
    for groups in found.spanning.values():
        yield f"the source has {count_of(groups, 'group')} in several splits"


def lengths(config: PublishedConfig) -> Iterator[str]:
    """A table of how long the texts of each split are; none where no split says it."""
    lines = [
        (split, text, *(f"{length:,}" for length in quantiles.ordered))
        for split, each in config.splits.items()
        if each.rows and each.summary is not None
        for text, quantiles in (
            ("prompt", each.summary.prompt),
            ("completion", each.summary.completion),
        )
    ]
    if lines:
        yield table(("split", "characters of", *QUANTILES), lines)


def tokens(config: PublishedConfig) -> Iterator[str]:
    """A table of how many tokens rows have, as they lie; none where no tokenizer is named."""
    lines = [
        (
            split,
            code(found.tokenizer),
            *(f"{length:,}" for length in (*found.quantiles.ordered, found.total)),
        )
        for split, each in config.splits.items()
        for found in each.tokens
        if each.rows
    ]
    if lines:
        yield table(("split", "tokens of a row, counted by", *QUANTILES, "all rows"), lines)
