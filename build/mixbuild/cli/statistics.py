"""The command that tells what the rows of a build are like: stats."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial

import click
import msgspec

from mixbuild.cli.terminal.builds import print_overlaps
from mixbuild.cli.terminal.console import examples
from mixbuild.cli.terminal.progress import progress
from mixbuild.cli.terminal.statistics import Tokens, print_statistics, print_tokens
from mixbuild.core import plain
from mixbuild.curate import STATISTICS_COLUMNS, Statistics, statistics
from mixbuild.sources import open_tokenizer


@click.command("stats", epilog=examples("stats out", "stats org/my_mix --config squad"))
@click.argument("place", default="out", metavar="[DIR|ORG/NAME[@REVISION]]")
@click.option(
    "--config", "names", metavar="NAME", multiple=True, help="Only this config. Repeatable."
)
@click.option(
    "--tokenizer",
    metavar="FILE|ORG/NAME@COMMIT",
    help="Count tokens, too: of a tokenizer.json, or of one on the Hub.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object of all splits.")
def stats_command(place: str, names: tuple[str, ...], tokenizer: str | None, as_json: bool) -> None:
    """Show what the rows of a build (default: out), or of a published dataset, are like.

    How long prompts and completions are, and in tokens where a tokenizer is named; how often each
    template and the commonest completions occur; how many rows repeat another one word for word,
    and how many prompts have several completions. Every row is read. Of what a recipe judged, what
    was found in the source is told, too.
    """
    from mixbuild.publish import open_place

    tokens = None if tokenizer is None else open_tokenizer(tokenizer)[0]
    opened = open_place(place)
    chosen = {name: opened.config(name) for name in names or opened.configs}
    wanted = [(name, split) for name, config in chosen.items() for split in config.splits]
    told: dict[str, dict[str, Statistics]] = {name: {} for name in chosen}
    as_published: dict[str, dict[str, Tokens]] = {name: {} for name in chosen}
    with progress("reading", unit="splits") as report:
        report(0, len(wanted))
        for done, (name, split) in enumerate(wanted, start=1):
            rows = partial(opened.rows, name, split, columns=STATISTICS_COLUMNS)
            told[name][split] = statistics(rows, tokens=tokens)
            as_published[name][split] = opened.tokens(name, split)
            report(done, len(wanted))
    if as_json:
        click.echo(json.dumps(_plain(told, as_published), indent=1, ensure_ascii=False))
        return
    print_statistics(opened.label, told)
    print_tokens(as_published)
    for config in chosen.values():
        if config.overlaps is not None:
            print_overlaps(config.overlaps)


def _plain(
    told: Mapping[str, Mapping[str, Statistics]], tokens: Mapping[str, Mapping[str, Tokens]]
) -> object:
    """Of each split its statistics, and the tokens of its rows in each row format."""
    found = {
        name: {
            split: {**msgspec.structs.asdict(each), "tokens_as": tokens[name][split]}
            for split, each in splits.items()
        }
        for name, splits in told.items()
    }
    return plain(found)
