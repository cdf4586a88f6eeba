"""What a source on the Hub is at a commit: its files, columns, rows and licence, for the lock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mixbuild.binding import bind
from mixbuild.digest import SourceDigest
from mixbuild.errors import SourceError
from mixbuild.slots import field, project
from mixbuild.sources import Resolved, read, resolve
from mixbuild.task import EVERY, Task
from mixbuild.trouble import explained, patiently

Entry = dict[str, Any]
"""repo, commit, config, license, files, schema, splits: what the lock says of a task's source."""

CARD = "README.md"


def survey(
    task: Task,
    *,
    revision: str | None = None,
    contents: bool = True,
    report: Callable[[int, int], None] = lambda *_: None,
) -> Entry:
    """Find out what a task's source is.

    Args:
        task: the declaration.
        revision: a branch, tag or commit; None for the declared one.
        contents: read every row, for the content digests; without it, metadata only.
        report: called with (runs read, runs in all).

    Raises:
        SourceError: it cannot be reached or read, has moved, is gated, or is a script.
    """
    found = _look(task, revision or task.source.revision)
    resolved = resolve(task, revision=found["commit"])
    names = {run.file for runs in resolved.runs.values() for run in runs} | {CARD}
    return {
        "repo": task.source.repo,
        "commit": found["commit"],
        "config": resolved.place.config,
        "license": found["license"],
        "files": {name: each for name, each in found["files"].items() if name in names},
        "schema": {field.name: str(field.type) for field in resolved.schema},
        "splits": {
            task.splits[split]: each
            for split, each in digests(task, resolved, contents=contents, report=report).items()
        },
    }


def digests(
    task: Task,
    resolved: Resolved,
    *,
    contents: bool = True,
    report: Callable[[int, int], None] = lambda *_: None,
) -> dict[str, Entry]:
    """By the config's split, how many rows a source has, and the digest of what is read of them.

    The digest covers the columns that the task reads, in the order of the rows, whatever files
    they are in.

    Raises:
        SourceError: the source cannot be read.
    """
    reads = bind(task, resolved.schema, templates=EVERY).reads
    columns = {".".join(path): field(*path) for path in reads}
    total = sum(len(runs) for runs in resolved.runs.values())
    done = 0
    entries: dict[str, Entry] = {}
    for split, runs in resolved.runs.items():
        counts = [run.rows for run in runs]
        known = [rows for rows in counts if rows is not None]
        entry: Entry = {"rows": sum(known) if len(known) == len(counts) else None}
        if contents:
            rows, digest = 0, SourceDigest()
            for run in runs:
                for batch in read(run, reads, schema=resolved.schema):
                    digest.update(project(batch, columns))
                    rows += batch.num_rows
                done += 1
                report(done, total)
            entry = {"rows": rows, "content_digest": digest.hexdigest()}
        entries[split] = entry
    return entries


def _look(task: Task, revision: str) -> Entry:
    """What the Hub says of a repo, with a word where ``datasets`` would only fail to load it."""
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

    repo = task.source.repo
    with explained(f"{repo}@{revision}"):
        api = HfApi()
        info = patiently(lambda: api.dataset_info(repo, revision=revision))
        tree = patiently(
            lambda: list(
                api.list_repo_tree(repo, revision=info.sha, recursive=True, repo_type="dataset")
            )
        )
    if info.id != repo:
        raise SourceError(f"{repo}: has moved to {info.id}; declare that name in the task")
    if info.gated:
        raise SourceError(
            f"{repo}: the Hub says that this dataset is gated; accept its terms on its page, then "
            f"set HF_TOKEN, or take another source"
        )
    files = {each.path: each for each in tree if isinstance(each, RepoFile)}
    script = f"{repo.partition('/')[2]}.py"
    if script in files:
        raise SourceError(
            f"{repo}@{info.sha}: is a script now ({script}), which datasets does not run; stay at "
            f"an earlier commit, or take the branch refs/convert/parquet as a mirror"
        )
    licences = info.card_data.get("license") if info.card_data else None
    return {
        "commit": info.sha,
        "license": ", ".join(licences) if isinstance(licences, list) else licences,
        "files": {
            path: {"size": each.size, "hash": each.lfs.sha256 if each.lfs else each.blob_id}
            for path, each in sorted(files.items())
        },
    }


def differences(expected: Mapping[str, Any], got: Mapping[str, Any]) -> list[str]:
    """What changed between two surveys of a source, a line each; the commit alone is no change."""
    lines = []
    for name in ("repo", "config", "license"):
        if expected[name] != got[name]:
            lines.append(f"{name}: {expected[name]} → {got[name]}")
    for kind, old, new in (
        ("column", expected["schema"], got["schema"]),
        ("file", expected["files"], got["files"]),
    ):
        lines += [f"{kind} {name}: gone" for name in old if name not in new]
        lines += [f"{kind} {name}: new" for name in new if name not in old]
        lines += [
            f"{kind} {name}: {_shown(old[name])} → {_shown(new[name])}"
            for name in old
            if name in new and old[name] != new[name]
        ]
    for split, old in expected["splits"].items():
        new = got["splits"].get(split, {})
        if new.get("rows") is not None and old["rows"] != new["rows"]:
            lines.append(f"rows of {split}: {old['rows']:,} → {new['rows']:,}")
        elif new.get("content_digest", old.get("content_digest")) != old.get("content_digest"):
            lines.append(f"rows of {split}: as many as before, not the same")
    return lines


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{value['size']:,} bytes, {value['hash'][:12]}"
    return str(value)
