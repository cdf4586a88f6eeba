"""Polars, DuckDB and datasets doing the job, each in the fastest way that we know of.

Libraries are imported where they are used: a fresh process that measures one
must not hold the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from bench.job import LABELS, READS, Job, pieces

if TYPE_CHECKING:
    import datasets
    import polars as pl
    import pyarrow as pa

Rows = dict[str, Any]


def polars_collect(job: Job) -> None:
    """In memory, then written as a stream."""
    import polars as pl

    frame = _polars_frame(job).collect()
    frame.write_ipc_stream(job.output, compat_level=pl.CompatLevel.oldest())


def polars_streaming(job: Job) -> None:
    """The same, with the streaming engine."""
    import polars as pl

    frame = _polars_frame(job).collect(engine="streaming")
    frame.write_ipc_stream(job.output, compat_level=pl.CompatLevel.oldest())


def polars_sink(job: Job) -> None:
    """Written while it is made, as an Arrow file: the streaming engine writes no stream."""
    import polars as pl

    _polars_frame(job).sink_ipc(job.output, compat_level=pl.CompatLevel.oldest())


def _polars_frame(job: Job) -> pl.LazyFrame:
    import polars as pl

    if job.task == "squad":
        accepted = pl.col("answers").struct.field("text")
        slots = {
            "context": pl.col("context"),
            "question": pl.col("question"),
            "answers": accepted.list.first(),
        }
    else:
        name = pl.when(pl.col("label") == 0).then(pl.lit(LABELS[0])).otherwise(pl.lit(LABELS[1]))
        accepted = pl.concat_list(name)
        slots = {"text": pl.col("text"), "label": name}

    def text(half: str) -> pl.Expr:
        parts: list[pl.Expr] = []
        for literal, name in pieces(half):
            parts += [pl.lit(literal)] if literal else []
            parts += [slots[name]] if name else []
        return pl.concat_str(parts)  # what pl.format makes, too

    return pl.scan_parquet(job.parquet, row_index_name="row").select(
        prompt=text(job.prompt),
        completion=text(job.completion),
        references=accepted,
        **{name: pl.lit(value) for name, value in job.constants.items()},
        id=pl.concat_str(pl.lit(job.id_prefix), pl.col("row")),
    )


def duckdb_reader(job: Job) -> None:
    """Streamed to Arrow in record batches of 4,096 rows, written as they come."""
    import duckdb

    batches = duckdb.sql(_sql(job)).to_arrow_reader(4_096)
    _write(job, batches.schema, batches)


def duckdb_table(job: Job) -> None:
    """As an Arrow table in memory, then written."""
    import duckdb

    table = duckdb.sql(_sql(job)).to_arrow_table()
    _write(job, table.schema, table.to_batches())


def _sql(job: Job) -> str:
    if job.task == "squad":
        accepted = "answers.text"
        slots = {"context": "context", "question": "question", "answers": "answers.text[1]"}
    else:
        name = f"(CASE label WHEN 0 THEN {_quoted(LABELS[0])} ELSE {_quoted(LABELS[1])} END)"
        accepted = f"[{name}]"
        slots = {"text": "text", "label": name}

    def text(half: str) -> str:
        parts: list[str] = []
        for literal, name in pieces(half):
            parts += [_quoted(literal)] if literal else []
            parts += [slots[name]] if name else []
        return " || ".join(parts)

    constants = ", ".join(f"{_quoted(value)} AS {name}" for name, value in job.constants.items())
    return (
        f"SELECT {text(job.prompt)} AS prompt, {text(job.completion)} AS completion, "
        f'{accepted} AS "references", {constants}, '
        f"{_quoted(job.id_prefix)} || file_row_number AS id "
        f"FROM read_parquet({_quoted(str(job.parquet))}, file_row_number = true)"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def map_rows(job: Job) -> None:
    """``Dataset.map``, a call per row."""
    _in_memory(job).map(_row_function(job), **_map_options(job))


def map_batches(job: Job) -> None:
    """``Dataset.map(batched=True)``, lists in and lists out."""
    _in_memory(job).map(_batch_function(job), batched=True, **_map_options(job))


def map_kernels(job: Job) -> None:
    """``Dataset.map(batched=True)`` in the Arrow format, with Arrow's kernels by hand."""
    _in_memory(job).with_format("arrow").map(
        _kernel_function(job),
        batched=True,
        batch_size=10_000,
        writer_batch_size=10_000,
        **_map_options(job),
    )


def stream_rows(job: Job) -> None:
    """Streaming ``.map``, a call per row."""
    _write_streamed(job, _streamed(job).map(_row_function(job), **_stream_options(job)))


def stream_batches(job: Job) -> None:
    """Streaming ``.map(batched=True)``."""
    mapped = _streamed(job).map(_batch_function(job), batched=True, **_stream_options(job))
    _write_streamed(job, mapped)


def _in_memory(job: Job) -> datasets.Dataset:
    # faster than load_dataset, which first writes an Arrow file of the Parquet file; a
    # fingerprint that is given need not be computed
    import datasets
    import pyarrow.parquet as pq

    datasets.disable_progress_bars()
    table = pq.read_table(job.parquet, columns=list(READS[job.task]))
    return datasets.Dataset(table, fingerprint="benchmark")


def _streamed(job: Job) -> datasets.IterableDataset:
    import datasets

    return datasets.load_dataset(
        "parquet",
        data_files=str(job.parquet),
        split="train",
        columns=list(READS[job.task]),
        streaming=True,
    )


def _map_options(job: Job) -> dict[str, Any]:
    return {
        "with_indices": True,
        "features": _features(),
        "remove_columns": list(READS[job.task]),
        "cache_file_name": str(job.output),
        "load_from_cache_file": False,
    }


def _stream_options(job: Job) -> dict[str, Any]:
    # no features: with them each example is cast on its own as well
    return {"with_indices": True, "remove_columns": list(READS[job.task])}


def _features() -> datasets.Features:
    from datasets import Features, List, Value

    text = Value("string")
    names = ("prompt", "completion", "references", "task", "template", "source", "id")
    return Features({name: List(text) if name == "references" else text for name in names})


def _row_function(job: Job) -> Callable[[Rows, int], Rows]:
    prompt, completion, constants, prefix = job.prompt, job.completion, job.constants, job.id_prefix
    slots = _squad_slots if job.task == "squad" else _imdb_slots

    def render(row: Rows, index: int) -> Rows:
        values, accepted = slots(row)
        return {
            "prompt": prompt.format(**values),
            "completion": completion.format(**values),
            "references": accepted,
            **constants,
            "id": f"{prefix}{index}",
        }

    return render


def _squad_slots(row: Rows) -> tuple[Mapping[str, str], list[str]]:
    accepted = row["answers"]["text"]
    values = {"context": row["context"], "question": row["question"], "answers": accepted[0]}
    return values, accepted


def _imdb_slots(row: Rows) -> tuple[Mapping[str, str], list[str]]:
    name = LABELS[row["label"]]
    return {"text": row["text"], "label": name}, [name]


def _batch_function(job: Job) -> Callable[[Rows, list[int]], Rows]:
    prompt, completion, constants, prefix = job.prompt, job.completion, job.constants, job.id_prefix
    is_squad = job.task == "squad"

    def render(rows: Rows, indices: list[int]) -> Rows:
        if is_squad:
            accepted = [answers["text"] for answers in rows["answers"]]
            prompts = [
                prompt.format(context=context, question=question)
                for context, question in zip(rows["context"], rows["question"], strict=True)
            ]
            completions = [completion.format(answers=each[0]) for each in accepted]
        else:
            accepted = [[LABELS[label]] for label in rows["label"]]
            prompts = [prompt.format(text=text) for text in rows["text"]]
            completions = [completion.format(label=each[0]) for each in accepted]
        return {
            "prompt": prompts,
            "completion": completions,
            "references": accepted,
            **{name: [value] * len(indices) for name, value in constants.items()},
            "id": [f"{prefix}{index}" for index in indices],
        }

    return render


def _kernel_function(job: Job) -> Callable[[pa.Table, list[int]], pa.Table]:
    is_squad = job.task == "squad"
    prompt, completion, constants, prefix = job.prompt, job.completion, job.constants, job.id_prefix

    def render(rows: pa.Table, indices: list[int]) -> pa.Table:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        rows = rows.combine_chunks()
        if is_squad:
            accepted = pc.struct_field(rows["answers"], "text").combine_chunks()
            slots = {
                "context": rows["context"],
                "question": rows["question"],
                "answers": pc.list_element(accepted, 0),
            }
        else:
            name = pc.if_else(pc.equal(rows["label"], 0), *LABELS).combine_chunks()
            accepted = pa.ListArray.from_arrays(np.arange(len(name) + 1, dtype=np.int32), name)
            slots = {"text": rows["text"], "label": name}

        def text(half: str) -> pa.Array:
            parts: list[object] = []
            for literal, name in pieces(half):
                parts += [literal, slots[name]] if name else [literal]
            return pc.binary_join_element_wise(*parts, "")

        numbers = pc.cast(pa.array(indices), pa.string())
        return pa.table(
            {
                "prompt": text(prompt),
                "completion": text(completion),
                "references": accepted,
                **{name: pa.repeat(value, len(indices)) for name, value in constants.items()},
                "id": pc.binary_join_element_wise(prefix, numbers, ""),
            }
        )

    return render


def _write_streamed(job: Job, rows: datasets.IterableDataset) -> None:
    # .with_format("arrow") takes ten times as long here: it casts one example at a time
    import pyarrow as pa

    schema = _features().arrow_schema

    def batches() -> Iterator[pa.RecordBatch]:
        for columns in rows.iter(1_000):
            yield pa.RecordBatch.from_pydict(columns, schema=schema)

    _write(job, schema, batches())


def _write(job: Job, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    import pyarrow as pa

    with pa.OSFile(str(job.output), "wb") as file, pa.ipc.new_stream(file, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
