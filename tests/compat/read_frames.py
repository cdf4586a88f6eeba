"""Read the published Parquet files with pandas, polars and DuckDB; print as JSON what came.

python read_frames.py REPO
"""

import functools
import json
import os
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
from huggingface_hub import HfApi, HfFileSystem

Frame = dict[str, Any]
"""`types`: the library's own word for each column's type; `rows`."""


def read_pandas(address: str) -> Frame:
    """A list comes as a numpy array, whose elements are the texts."""
    frame = pd.read_parquet(address)
    types = {str(name): str(kind) for name, kind in frame.dtypes.items()}
    rows = frame.assign(references=frame["references"].map(list)).to_dict("records")
    return {"types": types, "rows": rows}


def read_polars(address: str) -> Frame:
    """From a file or from `http://`: polars knows no Hub but the one, so no `hf://` here."""
    frame = pl.read_parquet(address)
    return {
        "types": {name: str(kind) for name, kind in frame.schema.items()},
        "rows": frame.to_dicts(),
    }


def read_duckdb(address: str) -> Frame:
    """From a file or from `hf://`: DuckDB would have to download what it reads `http://` with."""
    with duckdb.connect() as connection:
        connection.register_filesystem(HfFileSystem())
        relation = connection.sql("FROM read_parquet($address)", params={"address": address})
        types = dict(zip(relation.columns, map(str, relation.types), strict=True))
        rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
        return {"types": types, "rows": rows}


def count_duckdb(address: str) -> dict[str, int]:
    """Rows by task over every file at once, which must agree in their columns for that."""
    with duckdb.connect() as connection:
        connection.register_filesystem(HfFileSystem())
        query = "SELECT task, count(*) FROM read_parquet($address) GROUP BY task"
        return dict(connection.execute(query, {"address": address}).fetchall())


def readers(repo: str, path: str, folder: str) -> Iterator[tuple[str, Callable[[], Frame]]]:
    """Each library with each kind of address that it can reach this file by."""
    on_hub = f"hf://datasets/{repo}/{path}"
    over_http = f"{os.environ['HF_ENDPOINT']}/datasets/{repo}/resolve/main/{path}"
    downloaded = str(Path(folder, path.replace("/", "-")))
    urllib.request.urlretrieve(over_http, downloaded)  # noqa: S310 - the loopback Hub's address
    for kind, address, functions in (
        ("downloaded", downloaded, (read_pandas, read_polars, read_duckdb)),
        ("http", over_http, (read_pandas, read_polars)),
        ("hf", on_hub, (read_pandas, read_duckdb)),
    ):
        for function in functions:
            library = function.__name__.removeprefix("read_")
            yield f"{library} {kind}", functools.partial(function, address)


def main(repo: str) -> None:
    """Read every Parquet file of the repo in every way."""
    report: dict[str, dict[str, Frame]] = {}
    files = [
        path
        for path in HfApi().list_repo_files(repo, repo_type="dataset")
        if path.endswith(".parquet")
    ]
    with tempfile.TemporaryDirectory() as folder:
        for path in files:
            for way, read in readers(repo, path, folder):
                report.setdefault(way, {})[path] = read()
    counts = count_duckdb(f"hf://datasets/{repo}/*/*.parquet")
    print(json.dumps({"frames": report, "counts": counts}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
