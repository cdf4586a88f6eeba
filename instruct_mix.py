"""The ``datasets`` builder: a task or a mixture per config, the same rows as ``python build make``.

>>> from instruct_mix import InstructMix
>>> builder = InstructMix(config_name="squad", source="samples")
>>> next(iter(builder.as_streaming_dataset(split="train")))["completion"]
' barley'

``builder.download_and_prepare()`` and ``builder.as_dataset()`` work as for any builder, with
``num_proc`` too; ``row_format="messages"`` gives the same rows as chats. With ``recipe=``, a file,
the name of one that comes with the package, or a ``Recipe``, a config is one of the recipe's:
``InstructMix(config_name="mix", recipe="mine.yaml")``. All rows of its tasks must be known before
the first one of a mixture is, so that they are rendered into the cache once, for streaming too.

Used by import; a script at the root of a Hub repo would break it, so this file is never published.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import datasets
import pyarrow as pa
from datasets.builder import Key
from mixbuild import __version__
from mixbuild.core import UsageError, dump_json, hash_code, one_of
from mixbuild.curate import benchmarks_in_train, build
from mixbuild.declare import DROP, PROMPT_COMPLETION, SEED, Recipe, Resolved, RowFormat, Task
from mixbuild.make import (
    BuiltSplit,
    Plan,
    Projection,
    Request,
    Unit,
    plan,
    read_recipe,
    request_of,
    rows,
)
from mixbuild.publish import Openings, columns_of, lay, openings, pieces, read_pieces
from mixbuild.sources import lock
from mixbuild.tasks import ALL, find, gather

OPTIONS = (
    *("templates", "seed", "source", "recipe", "tasks", "lock", "allow_drift", "follow_links"),
    *("row_format", "marker", "system"),
)
"""What a config adds to those of ``datasets``."""


@dataclass
class InstructMixConfig(datasets.BuilderConfig):  # type: ignore[misc]  # datasets has no types
    """One task, or what a recipe makes.

    Attributes:
        templates: a template's name, ``sample`` (one per row, by hash) or ``all``.
        seed: of every choice by hash.
        source: None for the Hub, ``samples``, or a mirror: a folder, or ``org/name``.
        recipe: what says all of that, and has this config: a file, a name, or a ``Recipe``.
        tasks: a file, a folder or a module that declares tasks of your own.
        lock: another lock file than the project's.
        allow_drift: read a mirror that is not what the lock says.
        follow_links: read what a mirror's links and card lead to outside of its folder.
        row_format: ``prompt_completion``, ``messages``, ``alpaca``, ``sharegpt`` or ``text``. It
            alone says so: a recipe's ``formats`` are what ``push`` publishes.
        marker: of the formats for chats, ``drop`` takes ``[OUTPUT]:`` out of the texts, ``keep``
            leaves it there.
        system: of ``messages`` and ``sharegpt``, the message that each row begins with.
    """

    templates: str = SEED
    seed: int = 0
    source: str | None = None
    recipe: str | Recipe | None = None
    tasks: str | None = None
    lock: str | None = None
    allow_drift: bool = False
    follow_links: bool = False
    row_format: str = PROMPT_COMPLETION
    marker: str = DROP
    system: str | None = None

    @property
    def laid_out(self) -> RowFormat:
        """The row format with its options."""
        return RowFormat(self.row_format, self.marker, self.system)


Read: TypeAlias = "Callable[[Sequence[Any]], Iterator[tuple[int, pa.RecordBatch]]]"
"""Parts of a split -> their rows, each batch with the number of its part where that is known."""

Parts: TypeAlias = "tuple[Sequence[Any], Read]"
"""A split in parts that may be read apart, and what reads some of them."""


@dataclass(frozen=True)
class _OfTask:
    """The rows of a task, rendered as they are asked for."""

    plan: Plan

    @property
    def tasks(self) -> Sequence[Task]:
        return (self.plan.task,)

    @property
    def plans(self) -> Sequence[Plan]:
        return (self.plan,)

    made_by = ""

    def splits(self, _: Path) -> Mapping[str, Parts]:
        read = partial(_read_units, projection=self.plan.projection)
        return {split: (units, read) for split, units in self.plan.units.items()}


def _read_units(
    units: Sequence[Unit], projection: Projection
) -> Iterator[tuple[int, pa.RecordBatch]]:
    for index, unit in enumerate(units):
        for _, batch, _ in rows(unit, projection):
            yield index, batch


def _read_pieces(
    numbers: Sequence[int], folder: Path, entry: BuiltSplit
) -> Iterator[tuple[int, pa.RecordBatch]]:
    for batch in read_pieces(folder, entry, numbers):
        yield 0, batch


@dataclass(frozen=True)
class _OfRecipe:
    """The rows of a recipe's config, of a build of all that it takes."""

    name: str
    resolved: Resolved
    request: Request
    plans: Sequence[Plan]
    catalog: Sequence[Task]

    @property
    def tasks(self) -> Sequence[Task]:
        return self.request.tasks

    @property
    def made_by(self) -> str:
        """What its rows depend on beside those of its tasks."""
        return f"{self.resolved.text}{self.resolved.settings}{hash_code('curate', 'declare')}"

    def splits(self, folder: Path) -> Mapping[str, Parts]:
        resolved, request = self.resolved, replace(self.request, out=folder)
        made = build(
            request,
            quality=resolved.recipe.quality,
            mixtures=resolved.mixtures,
            catalog=self.catalog,
        )
        for line in made.warnings:
            warnings.warn(line, stacklevel=2)
        entries = made.made.manifest.configs[self.name].splits
        return {
            split: (pieces(entry), partial(_read_pieces, folder=folder, entry=entry))
            for split, entry in entries.items()
        }


def _asked_for(name: str, asked: InstructMixConfig) -> _OfTask | _OfRecipe:
    """What a config is made of. Reads metadata only."""
    how: dict[str, Any] = {
        "lock": lock.load(Path(asked.lock) if asked.lock else lock.default_path()),
        "allow_drift": asked.allow_drift,
        "follow_links": asked.follow_links,
    }
    catalog: Sequence[Task] = gather([asked.tasks] if asked.tasks else [])
    if asked.recipe is None:
        task = find(name, catalog)
        sources = {} if asked.source is None else {task.name: asked.source}
        request = Request([task], Path(), sources, asked.templates, asked.seed, **how)
        for line in benchmarks_in_train(request, catalog=catalog):
            warnings.warn(line, stacklevel=3)
        return _OfTask(plan(task, request))
    for option in ("templates", "seed"):
        if getattr(asked, option) != getattr(InstructMixConfig, option):
            raise UsageError(f"{option}: the recipe says that; change it there")
    resolved, catalog = read_recipe(asked.recipe, tasks=catalog, gather=gather)
    known = {*resolved.mixtures, *resolved.choices}
    if name not in known:
        raise UsageError(one_of("config of the recipe", name, sorted(known)))
    sources = {} if asked.source is None else dict.fromkeys(resolved.choices, asked.source)
    request = request_of(resolved, Path(), tasks=catalog, sources=sources, **how)
    plans = [plan(task, request) for task in request.tasks]
    return _OfRecipe(name, resolved, request, plans, catalog)


def _description(task: Task) -> str:
    return f"{task.family}: {task.source.repo} through {len(task.templates)} instruction templates"


class InstructMix(datasets.ArrowBasedBuilder):  # type: ignore[misc]  # datasets has no types
    """Source datasets rendered through instruction templates.

    Raises:
        MixError: a subclass of it says in one line what is wrong with a source or a row.
    """

    VERSION = datasets.Version(__version__)
    BUILDER_CONFIG_CLASS = InstructMixConfig
    BUILDER_CONFIGS: ClassVar[list[InstructMixConfig]] = [
        InstructMixConfig(name=task.name, version=__version__, description=_description(task))
        for task in ALL
    ]

    def __init__(
        self,
        cache_dir: str | None = None,
        dataset_name: str | None = None,
        config_name: str | None = None,
        **options: Any,
    ) -> None:
        self._of: _OfTask | _OfRecipe | None = None
        if config_name is not None:
            asked = InstructMixConfig(
                **{name: options[name] for name in OPTIONS if options.get(name) is not None}
            )
            laid_out = asked.laid_out  # refused before a source is read
            self._of = _asked_for(config_name, asked)
            if config_name not in self.builder_configs:
                # so that datasets takes a config that the class does not list
                self.BUILDER_CONFIGS = []  # type: ignore[misc]
            # the cache folder is named by this hash: what is cached must not outlive the code
            # that made it, nor the source that it was made of
            keys = "".join(
                unit.key
                for planned in self._of.plans
                for units in planned.units.values()
                for unit in units
            )
            made_by = (
                f"{keys}{hash_code('publish/formats')}{dump_json(laid_out)!r}{self._of.made_by}"
            )
            options.setdefault("hash", hashlib.sha256(made_by.encode()).hexdigest()[:16])
        super().__init__(cache_dir, dataset_name, config_name, **options)

    def _info(self) -> datasets.DatasetInfo:
        tasks = self._of.tasks if self._of else [find(self.config.name)]
        licences = sorted({task.source.license for task in tasks})
        return datasets.DatasetInfo(
            description="; ".join(map(_description, tasks)),
            features=datasets.Features.from_arrow_schema(columns_of(self.config.laid_out)),
            citation="\n\n".join(dict.fromkeys(task.source.citation for task in tasks)),
            license=", ".join(licences),
            homepage=(
                f"https://huggingface.co/datasets/{tasks[0].source.repo}" if len(tasks) == 1 else ""
            ),
        )

    def _split_generators(self, _: object) -> list[datasets.SplitGenerator]:
        if self._of is None:  # no config was named, which datasets has refused
            return []
        known = openings(
            {
                (task.name, each.name): each.text
                for task in self._of.tasks
                for each in task.templates
            }
        )
        folder = Path(self._cache_dir_root, "instruct_mix_builds", str(self.hash))
        return [
            datasets.SplitGenerator(
                name=split, gen_kwargs={"parts": list(parts), "read": read, "known": known}
            )
            for split, (parts, read) in self._of.splits(folder).items()
        ]

    def _generate_tables(
        self, parts: list[Any], read: Read, known: Openings
    ) -> Iterator[tuple[Key, pa.Table]]:
        # datasets deals out the parts, which are a list, and gives the rest to every worker
        asked = self.config.laid_out
        for number, (part, batch) in enumerate(read(parts)):
            yield Key(part, number), pa.Table.from_batches([lay(batch, asked, known)])
