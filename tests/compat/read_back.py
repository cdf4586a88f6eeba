"""Load every config with whichever `datasets` is installed, and print as JSON what came.

python read_back.py REPO CONFIG...
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import datasets
import pyarrow as pa
from datasets import get_dataset_config_names, load_dataset

DEFAULT = "no name"
"""Stands for the config that comes when none is named."""


def streamed(repo: str, *config: str) -> Any:
    """As the card says, row by row from the Hub."""
    return load_dataset(repo, *config, streaming=True)


def in_full(repo: str, *config: str) -> Any:
    """As the card says, downloaded and kept."""
    return load_dataset(repo, *config)


def files_alone(repo: str, config: str) -> Any:
    """Without the card: what the columns are is then told by the files' own metadata."""
    files = {"train": f"hf://datasets/{repo}/{config}/train-*.parquet"}
    return load_dataset("parquet", data_files=files)


def arrow_type(value: pa.DataType) -> str:
    """`string`, `list<string>`: without the name of the list's items, which nobody reads."""
    return f"list<{value.value_type}>" if pa.types.is_list(value) else str(value)


def attempt(load: Callable[..., Any], repo: str, *config: str) -> Any:
    """By split, the announced types, the announced number of rows, and the rows themselves.

    Or else the text of what went wrong: a config must not hide the next.
    """
    try:
        return {
            split: {
                "types": {each.name: arrow_type(each.type) for each in rows.features.arrow_schema},
                "announced": rows.info.splits[split].num_examples,
                "rows": list(rows),
            }
            for split, rows in load(repo, *config).items()
        }
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def main(repo: str, *configs: str) -> None:
    """Read each config in each way; streamed first, while nothing is known from before."""
    named = {name: (name,) for name in configs}
    report = {
        "version": datasets.__version__,
        "configs": get_dataset_config_names(repo),
        **{
            load.__name__: {name: attempt(load, repo, *config) for name, config in asked.items()}
            for load, asked in (
                (streamed, {**named, DEFAULT: ()}),
                (in_full, {**named, DEFAULT: ()}),
                (files_alone, named),
            )
        },
    }
    print(json.dumps(report), flush=True)
    # a process that has streamed Parquet may abort as it ends, however well it read
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
