"""Where a push goes: a branch for each row format; the configs of a branch are read alike."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from huggingface_hub import HfApi

from mixbuild.core import MixError, UsageError, one_of
from mixbuild.declare import CANONICAL, PROMPT_COMPLETION, RowFormat, parse_recipe
from mixbuild.make import Built, expect
from mixbuild.publish.hub.client import client
from mixbuild.publish.hub.plan import Target
from mixbuild.publish.hub.refusals import look_ahead
from mixbuild.publish.manifest import MAIN, PARQUET


@dataclass(frozen=True)
class Branch:
    """A branch, the format of its rows, and the configs of a build that go there."""

    name: str
    row_format: RowFormat
    configs: tuple[str, ...]


def default_branch(file_format: str, row_format: str = PROMPT_COMPLETION) -> str:
    """The branch of a format, where nobody names another."""
    if row_format != PROMPT_COMPLETION:
        return row_format
    return MAIN if file_format == PARQUET else file_format


def branches(out: Path, *, only: Collection[str] = ()) -> list[Branch]:
    """Where a build is published: on main, and in the row formats that its recipe names.

    Args:
        out: the build's folder.
        only: the configs that are published; all when empty. One that is not there, ``push``
            refuses.

    Returns:
        Main, with all of the configs; then a branch for each further format, with the configs that
        were made by a recipe which names it.

    Raises:
        UsageError: two recipes want a format with other options.
        ManifestError, RecipeError: the build, or a recipe in it, cannot be read.
    """
    formats: dict[str, RowFormat] = {}
    configs: dict[str, list[str]] = {}
    for config, made in expect(out).configs.items():
        if made.recipe is None or (only and config not in only):
            continue
        where = f"the recipe of {config}"
        for asked in parse_recipe(
            made.recipe.text, where, settings=made.recipe.settings
        ).row_formats:
            if asked.name == PROMPT_COMPLETION:
                continue
            if formats.setdefault(asked.name, asked) != asked:
                raise UsageError(
                    f"{configs[asked.name][0]} and {config}: expected {asked.name} with the same "
                    f"marker and system message in both of their recipes, got others; push each "
                    f"with --only and --as {asked.name}, to a branch of its own with --revision"
                )
            configs.setdefault(asked.name, []).append(config)
    main = Branch(MAIN, CANONICAL, tuple(only))
    return [main, *(Branch(name, formats[name], tuple(configs[name])) for name in formats)]


@contextmanager
def naming_branch(
    branches: Sequence[Branch], at: int, *, done: str | None = "published"
) -> Iterator[None]:
    """While one of several branches is published: an error says how far the others are.

    Args:
        branches: all of them, in order.
        at: the place of the one.
        done: what has become of those before it; None for nothing, of any of them.
    """
    try:
        yield
    except MixError as error:
        if len(branches) > 1:
            names = [each.name for each in branches]
            groups = ((f"{done} before it", names[:at]), ("not begun", names[at + 1 :]))
            others = "".join(f"; {what}: {', '.join(each)}" for what, each in groups if each)
            if done is None:
                others = "; nothing was published"
            error.args = (f"{error} (on the branch {names[at]}{others})",)
        raise


def look_at_others(
    out: Path, target: Target, branches: Sequence[Branch], *, api: HfApi | None = None
) -> None:
    """Refuse what cannot be published on a branch, before the first of several is.

    Args:
        out: the build's folder.
        target: where to, on any branch.
        branches: all of them, in order; ``push`` looks at the first.
        api: the Hub's client; None for the one of the environment.

    Raises:
        MixError: of any kind. Nothing was published.
    """
    for at, branch in enumerate(branches[1:], start=1):
        with naming_branch(branches, at, done=None):
            look_ahead(
                api or client(),
                replace(target, revision=branch.name),
                chosen(expect(out).configs, branch.configs),
                file_format=PARQUET,
                row_format=branch.row_format,
                tag_name=None,
            )


def chosen(configs: Mapping[str, Built], only: Collection[str]) -> Mapping[str, Built]:
    """The configs of these names; all when there are none.

    Raises:
        UsageError: a config that is not in the build.
    """
    for name in only:
        if name not in configs:
            raise UsageError(f"--only: {one_of('config', name, sorted(configs))}")
    return {name: config for name, config in configs.items() if not only or name in only}
