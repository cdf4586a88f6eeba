"""The ``datasets`` builder: one config per task, the same rows as ``python build make``.

>>> from instruct_mix import InstructMix
>>> builder = InstructMix(config_name="squad", source="samples")
>>> next(iter(builder.as_streaming_dataset(split="train")))["completion"]
' barley'

``builder.download_and_prepare()`` and ``builder.as_dataset()`` work as for any
builder, with ``num_proc`` too; ``row_format="messages"`` gives the same rows as
chats. Used by import; a script at the root of a Hub repo
would break it, so this file is never published.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import datasets
import pyarrow as pa
from datasets.builder import Key
from mixbuild import __version__
from mixbuild.core import dump_json, hash_code
from mixbuild.declare import DROP, PROMPT_COMPLETION, SEED, RowFormat, Task
from mixbuild.make import Plan, Projection, Request, Unit, plan, rows
from mixbuild.publish import Openings, columns_of, lay, openings
from mixbuild.sources import lock
from mixbuild.tasks import ALL, find, gather

OPTIONS = (
    *("templates", "seed", "source", "tasks", "lock", "allow_drift", "follow_links"),
    *("row_format", "marker", "system"),
)
"""What a config adds to those of ``datasets``."""


@dataclass
class InstructMixConfig(datasets.BuilderConfig):  # type: ignore[misc]  # datasets has no types
    """One task.

    Attributes:
        templates: a template's name, ``sample`` (one per row, by hash) or ``all``.
        seed: of every choice by hash.
        source: None for the Hub, ``samples``, or a mirror: a folder, or ``org/name``.
        tasks: a file, a folder or a module that declares tasks of your own.
        lock: another lock file than the project's.
        allow_drift: read a mirror that is not what the lock says.
        follow_links: read what a mirror's links and card lead to outside of its folder.
        row_format: ``prompt_completion``, ``messages``, ``alpaca``, ``sharegpt`` or ``text``.
        marker: of the formats for chats, ``drop`` takes ``[OUTPUT]:`` out of the texts, ``keep``
            leaves it there.
        system: of ``messages`` and ``sharegpt``, the message that each row begins with.
    """

    templates: str = SEED
    seed: int = 0
    source: str | None = None
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
        self._plan: Plan | None = None
        if config_name is not None:
            asked = InstructMixConfig(
                **{name: options[name] for name in OPTIONS if options.get(name) is not None}
            )
            laid_out = asked.laid_out  # refused before a source is read
            task = find(config_name, gather([asked.tasks] if asked.tasks else []))
            if task not in ALL:
                # so that datasets takes a config that the class does not list
                self.BUILDER_CONFIGS = []  # type: ignore[misc]
            request = Request(
                [task],
                Path(),
                {} if asked.source is None else {task.name: asked.source},
                asked.templates,
                asked.seed,
                lock=lock.load(Path(asked.lock) if asked.lock else lock.default_path()),
                allow_drift=asked.allow_drift,
                follow_links=asked.follow_links,
            )
            self._plan = plan(task, request)
            # the cache folder is named by this hash: what is cached must not outlive the code
            # that made it, nor the source that it was made of
            keys = "".join(unit.key for units in self._plan.units.values() for unit in units)
            made_by = f"{keys}{hash_code('publish/formats')}{dump_json(laid_out)}"
            options.setdefault("hash", hashlib.sha256(made_by.encode()).hexdigest()[:16])
        super().__init__(cache_dir, dataset_name, config_name, **options)

    def _info(self) -> datasets.DatasetInfo:
        task = self._plan.task if self._plan else find(self.config.name)
        return datasets.DatasetInfo(
            description=_description(task),
            features=datasets.Features.from_arrow_schema(columns_of(self.config.laid_out)),
            citation=task.source.citation,
            license=task.source.license,
            homepage=f"https://huggingface.co/datasets/{task.source.repo}",
        )

    def _split_generators(self, _: object) -> list[datasets.SplitGenerator]:
        planned = self._plan
        if planned is None:  # no config was named, which datasets has refused
            return []
        task, projection = planned.task, planned.projection
        known = openings({(task.name, each.name): each.text for each in task.templates})
        return [
            datasets.SplitGenerator(
                name=split,
                gen_kwargs={"units": units, "projection": projection, "known": known},
            )
            for split, units in planned.units.items()
        ]

    def _generate_tables(
        self, units: list[Unit], projection: Projection, known: Openings
    ) -> Iterator[tuple[Key, pa.Table]]:
        # datasets deals out the units, which are a list, and gives the rest to every worker
        asked = self.config.laid_out
        for index, unit in enumerate(units):
            for number, (_, batch, _) in enumerate(rows(unit, projection)):
                yield Key(index, number), pa.Table.from_batches([lay(batch, asked, known)])
