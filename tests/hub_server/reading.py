"""Routes by which clients learn what a repo holds: facts, references, history, listings."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs, urlencode

from hub_server.cards import front_matter
from hub_server.commits import Commit, date
from hub_server.exchange import Answer, Call, RefusalError, is_true, json_answer
from hub_server.files import File

COMMITS_PER_PAGE = 50
ENTRIES_PER_PAGE = 1000
EXPANDED_ENTRIES_PER_PAGE = 50
USER = "loopback"


def whoami(call: Call) -> Answer:
    if not call.token or call.token != call.hub.token:
        message = "Invalid credentials in Authorization header"
        return Answer(401, b"", {"X-Error-Message": message})
    auth = {"type": "access_token", "accessToken": {"displayName": USER, "role": "write"}}
    return json_answer({"type": "user", "name": USER, "orgs": [], "auth": auth})


def info(call: Call) -> Answer:
    # As on the real Hub, what a gated repo holds is public; only the contents are not.
    commit = call.commit()
    siblings: list[dict[str, Any]] = [{"rfilename": path} for path in commit.files]
    if call.asks_for("blobs"):
        siblings = [
            {"rfilename": file.path, "size": file.size, "blobId": file.oid, "lfs": _lfs_facts(file)}
            for file in commit.files.values()
        ]
    card = commit.files.get("README.md")
    return json_answer(
        {
            "id": call.repo,
            "author": call.groups["org"],
            "sha": commit.oid,
            "createdAt": date(0),
            "lastModified": commit.date,
            "private": call.hub.store.is_private(call.repo),
            "gated": "manual" if call.repo in call.hub.gated else False,
            "disabled": False,
            "tags": [],
            "downloads": 0,
            "likes": 0,
            "cardData": front_matter(card.where.read_text("utf-8", "replace")) if card else None,
            "siblings": siblings,
        }
    )


def auth_check(call: Call) -> Answer:
    """Whether the token may read, or also write: no answer but its status."""
    if not call.hub.ways.has_auth_check:
        raise RefusalError(404, "", "This hub has no such page")
    if call.groups["right"]:
        call.check_may_write()
    else:
        call.check_repo()
    return Answer(200)


def refs(call: Call) -> Answer:
    call.check_repo()
    if not call.hub.ways.has_refs:
        raise RefusalError(404, "", "This hub has no such page")
    found = call.hub.store.look(call.repo).refs

    def below(prefix: str, cut: str) -> list[dict[str, str]]:
        return [
            {"name": ref.removeprefix(cut), "ref": ref, "targetCommit": oid}
            for ref, oid in found.items()
            if ref.startswith(prefix)
        ]

    listed = {
        "branches": below("refs/heads/", "refs/heads/"),
        "tags": below("refs/tags/", "refs/tags/"),
    }
    if call.asks_for("include_prs"):
        listed["pullRequests"] = below("refs/pr/", "refs/pr/")
    return json_answer({**listed, "converts": []})


def commits(call: Call) -> Answer:
    call.check_repo()
    if not call.hub.ways.has_history:
        raise RefusalError(404, "", "This hub has no such page")
    found = [
        {
            "id": commit.oid,
            "title": commit.title,
            "message": commit.message,
            "authors": [{"user": USER}],
            "date": commit.date,
        }
        for commit in call.hub.store.history(call.repo, call.groups["revision"])
    ]
    return _page(call, found, COMMITS_PER_PAGE)


def _page(call: Call, found: Sequence[Any], size: int) -> Answer:
    """One page, with the address of the next one in the Link header, as clients expect it."""
    number = int(call.query.get("p", ["0"])[0])
    begin, end = number * size, (number + 1) * size
    if end >= len(found):
        return json_answer(found[begin:end])
    query = urlencode({**call.query, "p": number + 1}, doseq=True)
    link = f'<{call.hub.endpoint}{call.path}?{query}>; rel="next"'
    return json_answer(found[begin:end], headers={"Link": link})


def tree(call: Call) -> Answer:
    commit, expand = call.commit(), call.asks_for("expand")
    entries = _entries(call, commit, expand=expand)
    folder = call.groups.get("path", "")
    if folder and entries.get(folder, {}).get("type") != "directory":
        headers = {"X-Repo-Commit": commit.oid}
        raise RefusalError(404, "EntryNotFound", f"{folder} does not exist", headers)
    prefix = f"{folder}/" if folder else ""
    below = {path[len(prefix) :]: path for path in entries if path.startswith(prefix)}
    recursive = call.asks_for("recursive")
    found = [entries[path] for rest, path in below.items() if recursive or "/" not in rest]
    return _page(call, found, EXPANDED_ENTRIES_PER_PAGE if expand else ENTRIES_PER_PAGE)


def paths_info(call: Call) -> Answer:
    form: Mapping[str, list[str]] = parse_qs(call.body.read().decode())
    entries = _entries(call, call.commit(), expand=is_true(form, "expand"))
    return json_answer([entries[path] for path in form.get("paths", ()) if path in entries])


def _lfs_facts(file: File) -> dict[str, Any] | None:
    # The digest is named sha256 by the Hub's info, and oid by its tree.
    facts = {"size": file.size, "sha256": file.sha256, "oid": file.sha256}
    return facts | {"pointerSize": file.pointer_size} if file.pointer_size else None


def _entries(call: Call, commit: Commit, *, expand: bool) -> dict[str, dict[str, Any]]:
    """Every folder and file of a commit by path, as `tree` and `paths-info` describe them."""
    entries: dict[str, dict[str, Any]] = {}
    for file in commit.files.values():
        for folder in reversed(PurePosixPath(file.path).parents[:-1]):
            path = folder.as_posix()
            oid = hashlib.sha1(f"{commit.oid} {path}".encode(), usedforsecurity=False).hexdigest()
            entries[path] = {"type": "directory", "oid": oid, "size": 0, "path": path}
        entry = {"type": "file", "oid": file.oid, "size": file.size, "path": file.path}
        lfs = None if call.hub.ways.lists_no_lfs else _lfs_facts(file)
        entries[file.path] = entry | {"lfs": lfs} if lfs else entry
    if expand:
        last = _last_commits(call.hub.store.history(call.repo, commit.oid))
        for path, entry in entries.items():
            by = last[path]
            entry["lastCommit"] = {"id": by.oid, "title": by.title, "date": by.date}
    return entries


def _last_commits(history: Sequence[Commit]) -> dict[str, Commit]:
    """Per file and folder, the newest commit that changed it or something below it."""
    last: dict[str, Commit] = {}
    before: Mapping[str, File] = {}
    for commit in reversed(history):
        for path in before.keys() | commit.files.keys():
            was, now = before.get(path), commit.files.get(path)
            if was is None or now is None or was.oid != now.oid:
                folders = [folder.as_posix() for folder in PurePosixPath(path).parents]
                last.update(dict.fromkeys([path, *folders], commit))
        before = commit.files
    return last
