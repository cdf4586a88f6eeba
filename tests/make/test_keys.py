"""Keys of rows: the same wherever a row lies and whatever renders it, whole beside each shard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from conftest import imdb_rows, write_parquet
from mixbuild.core.errors import VerifyError
from mixbuild.core.row import KEYS
from mixbuild.make.keys import keys_path, read_keys
from mixbuild.make.manifest import Manifest
from mixbuild.make.plan import Request
from mixbuild.make.run import make
from mixbuild.render.bind import bind
from mixbuild.render.keys import row_keys
from mixbuild.tasks import find


def keyed(out: Path, *names: str, keys: bool = True, **options: Any) -> Manifest:
    tasks = [find(name) for name in names]
    sources = options.pop("sources", dict.fromkeys(names, "samples"))
    request = Request(tasks, out, sources, keys=keys, **options)
    return make(request).manifest


def shards_of(out: Path, found: Manifest, name: str) -> list[tuple[pa.Table, pa.Table]]:
    """Rows and keys of each shard."""
    return [
        (
            pa.ipc.open_stream((out / shard.path).read_bytes()).read_all(),
            read_keys(out / shard.path, unit=shard.unit, rows=shard.rows),
        )
        for split in found.configs[name].splits.values()
        for shard in split.shards
    ]


def test_a_row_has_the_same_keys_whatever_renders_it_and_wherever_it_lies(tmp_path: Path) -> None:
    by_row: dict[str, set[bytes]] = {}
    for templates in ("seed", "sample", "all", "terse"):
        out = tmp_path / templates
        found = keyed(out, "squad", "openbookqa", templates=templates, seed=len(templates))
        for name in ("squad", "openbookqa"):
            for rows, keys in shards_of(out, found, name):
                assert keys.schema.remove_metadata() == KEYS
                assert keys.num_rows == rows.num_rows > 0
                for row, key in zip(rows["id"].to_pylist(), keys.to_pylist(), strict=True):
                    by_row.setdefault(row.partition("#")[0], set()).add(key["slots"])
    assert {len(each) for each in by_row.values()} == {1}
    # the samples have three rows that say the same as another
    assert (len(by_row), len(set.union(*by_row.values()))) == (68, 65)


def test_keys_are_of_what_is_said() -> None:
    squad = find("squad")

    def keys(context: str, question: str, answer: str) -> dict[str, bytes]:
        answers = {"text": [answer], "answer_start": [0]}
        row = {"title": "t", "context": context, "question": question, "answers": answers}
        batch = pa.RecordBatch.from_pylist([row])
        ids = pa.array(["squad/train/a:0"])
        return dict(row_keys(bind(squad, batch.schema), batch, ids).to_pylist()[0])

    one = keys("Cafe\u0301  au lait\n", "What?", "lait")
    assert one == keys("Caf\u00e9 au\u00a0lait", " What? ", "lait")
    other_answer = keys("Caf\u00e9 au lait", "What?", "Caf\u00e9")
    assert (other_answer["inputs"], other_answer["group"]) == (one["inputs"], one["group"])
    assert other_answer["slots"] != one["slots"]
    other_question = keys("Caf\u00e9 au lait", "Who?", "lait")
    assert other_question["group"] == one["group"]
    assert other_question["inputs"] != one["inputs"]
    assert keys("Caf\u00e9 au laitW", "hat?", "lait")["inputs"] != one["inputs"]
    assert keys("caf\u00e9 au lait", "What?", "lait")["inputs"] != one["inputs"]


def test_keys_are_written_when_they_are_asked_for_and_do_not_change_the_build(
    tmp_path: Path,
) -> None:
    plain = keyed(tmp_path, "squad", "gsm8k", keys=False)
    assert list(tmp_path.rglob("*.keys")) == []
    rows = {path: path.read_bytes() for path in tmp_path.rglob("*.arrow")}
    assert keyed(tmp_path, "squad", "gsm8k") == plain
    keys = {path: path.read_bytes() for path in tmp_path.rglob("*.keys")}
    assert len(keys) == len(rows)
    assert {path: path.read_bytes() for path in rows} == rows
    request = Request([find("squad")], tmp_path, {"squad": "samples"}, keys=True)
    assert make(request).changed is False
    victim = next(iter(keys))
    victim.unlink()
    keyed(tmp_path, "squad", "gsm8k")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.keys")} == keys
    assert [path for path in tmp_path.rglob("*") if path.name.startswith(".units")] == []


def test_keys_go_where_their_shard_goes(tmp_path: Path) -> None:
    """One more file of the source gives every shard another name: none is rendered again."""
    mirror = tmp_path / "mirror"
    for index in range(2):
        rows = imdb_rows(20, start=50 * index)
        write_parquet(mirror / f"train-{index:05d}-of-00002.parquet", rows)
    options: dict[str, Any] = {"sources": {"imdb": str(mirror)}, "splits": ["train"]}
    found = keyed(tmp_path / "out", "imdb", **options)
    before = [keys for _, keys in shards_of(tmp_path / "out", found, "imdb")]
    request = Request([find("imdb")], tmp_path / "out", **options, keys=True)
    (tmp_path / "out/manifest.json").unlink()
    made = make(request)
    assert [keys for _, keys in shards_of(tmp_path / "out", made.manifest, "imdb")] == before


@pytest.mark.parametrize("harm", ["cut", "changed", "gone", "another's"])
def test_what_is_not_the_keys_of_a_shard_is_refused(tmp_path: Path, harm: str) -> None:
    found = keyed(tmp_path, "squad")
    (shard,) = found.configs["squad"].splits["train"].shards
    (other,) = found.configs["squad"].splits["validation"].shards
    path = keys_path(tmp_path / shard.path)
    content = path.read_bytes()
    if harm == "cut":
        path.write_bytes(content[:-9])
    elif harm == "changed":
        keys = read_keys(tmp_path / shard.path, unit=shard.unit, rows=shard.rows)
        at = content.index(keys["slots"][0].as_py())
        path.write_bytes(content[:at] + bytes(16) + content[at + 16 :])
    elif harm == "gone":
        path.unlink()
    else:
        path.write_bytes(keys_path(tmp_path / other.path).read_bytes())
    with pytest.raises(VerifyError) as caught:
        read_keys(tmp_path / shard.path, unit=shard.unit, rows=shard.rows)
    assert str(caught.value).startswith(f"{path}: expected the keys of {shard.rows} rows")
    assert str(caught.value).endswith("; delete it if it is there, then run make again")
