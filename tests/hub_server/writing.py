"""Routes by which clients change repos: create, delete, preupload, commit; and look a card over."""

from __future__ import annotations

import base64
import binascii
import fnmatch
import json
from pathlib import PurePosixPath
from typing import Any

from hub_server.cards import problems
from hub_server.commits import Commit, Delete, Link, Operation, Put
from hub_server.exchange import Answer, Call, RefusalError, json_answer
from hub_server.files import belongs_in_lfs
from hub_server.reading import USER


def _named_repo(call: Call, asked: dict[str, Any]) -> str:
    if asked.get("type") != "dataset":
        raise RefusalError(400, "", "This hub holds datasets only")
    if not call.is_trusted:
        # On the real Hub a token of somebody else; without any, nobody knows who asks.
        message = "You don't have the rights to create a dataset under this namespace"
        raise RefusalError(403 if call.token else 401, "", message)
    return f"{asked.get('organization') or USER}/{asked['name']}"


def create_repo(call: Call) -> Answer:
    asked = call.json()
    repo = _named_repo(call, asked)
    url = f"{call.hub.endpoint}/datasets/{repo}"
    try:
        # Clients before 2.0 say `private`.
        private = bool(asked.get("private")) or asked.get("visibility") == "private"
        if "visibility" not in asked and "private" not in asked:
            private = call.hub.ways.private_by_default
        call.hub.store.create(repo, private=private)
    except RefusalError as refusal:
        # The client reads the address of a repo that exists from this answer.
        error = {"error": str(refusal), "url": url}
        return json_answer(error, status=refusal.status, headers=refusal.answer.headers)
    return json_answer({"url": url, "name": repo, "id": repo})


def delete_repo(call: Call) -> Answer:
    repo = _named_repo(call, call.json())
    if not call.hub.store.exists(repo):
        raise RefusalError(404, "RepoNotFound", "Repository not found")
    call.hub.store.delete(repo)
    return Answer(200)


def validate_yaml(call: Call) -> Answer:
    errors, warnings = problems(str(call.json().get("content", "")))
    answer = {
        "errors": [{"message": message} for message in errors],
        "warnings": [{"message": message} for message in warnings],
    }
    return json_answer(answer, status=400 if errors else 200)


def preupload(call: Call) -> Answer:
    """How each file is to be sent, whether `.gitignore` keeps it out, and what is there already."""
    call.check_may_write()
    commit, asked = call.commit(), call.json()
    ignored = asked.get("gitIgnore")
    if ignored is None and ".gitignore" in commit.files:
        ignored = commit.files[".gitignore"].where.read_text("utf-8")
    files = []
    for each in asked["files"]:
        path, there = each["path"], commit.files.get(each["path"])
        in_lfs = belongs_in_lfs(path, each["size"]) and not call.hub.ways.keeps_all_in_git
        entry = {
            "path": path,
            "uploadMode": "lfs" if in_lfs else "regular",
            "shouldIgnore": _is_ignored(path, ignored or "")
            or call.hub.ways.tells_to_leave_out(path),
        }
        files.append(entry | ({"oid": there.etag} if there else {}))
    return json_answer({"files": files})


def _is_ignored(path: str, patterns: str) -> bool:
    """The simple half of git's rules: `*.log` at any depth, `out/` for all below it."""
    parts = PurePosixPath(path).parts
    for pattern in map(str.strip, patterns.splitlines()):
        if pattern.startswith("#") or not pattern:
            continue
        names = parts[:-1] if pattern.endswith("/") else parts
        if any(fnmatch.fnmatch(name, pattern.strip("/")) for name in names):
            return True
    return False


def commit(call: Call) -> Answer:
    """Lines of JSON: a header, then one operation each; all of them are done, or none."""
    call.check_may_write()
    header, operations = _parse_commit(call.body.read())
    title, message = str(header.get("summary") or ""), str(header.get("description") or "")
    if not title:
        raise RefusalError(400, "", '"summary" is required')
    revision, store = call.groups["revision"], call.hub.store
    if call.asks_for("create_pr"):
        begin = header.get("parentCommit") or revision
        made, number = store.propose(
            call.repo, operations, revision=begin, title=title, message=message
        )
        return _committed(call, made, {"pullRequestUrl": f"{call.page_url}/discussions/{number}"})
    made = store.commit(
        call.repo,
        operations,
        revision=revision,
        title=title,
        message=message,
        parent=header.get("parentCommit"),
    )
    return _committed(call, made, {})


def _committed(call: Call, made: Commit, more: dict[str, str]) -> Answer:
    facts = {"commitUrl": f"{call.page_url}/commit/{made.oid}", "commitOid": made.oid}
    told = {**facts, **more} if call.hub.ways.tells_commit else {}
    return json_answer({"success": True, "hookOutput": "", **told})


def _parse_commit(body: bytes) -> tuple[dict[str, Any], list[Operation]]:
    try:
        lines = [json.loads(line) for line in body.split(b"\n") if line.strip()]
        headers = [line["value"] for line in lines if line["key"] == "header"]
        operations = [_operation(line["key"], line["value"]) for line in lines[1:]]
    except (ValueError, KeyError, TypeError) as error:
        raise RefusalError(400, "", f"Invalid ndjson: {error!r}") from None
    if len(headers) != 1 or lines[0]["key"] != "header":
        raise RefusalError(400, "", "One header is expected, in the first line")
    return headers[0], operations


def _operation(key: str, value: dict[str, Any]) -> Operation:
    path = value["path"]
    if path.startswith("/") or not {"", ".", "..", ".git"}.isdisjoint(path.rstrip("/").split("/")):
        raise RefusalError(400, "", f"Invalid path: {path}")
    if key == "file":
        return Put(path, _content_of_card_or_file(path, value), lfs=False)
    if key == "lfsFile" and value["algo"] == "sha256":
        return Link(path, value["oid"])
    if key in ("deletedFile", "deletedFolder"):
        return Delete(path, is_folder=key == "deletedFolder")
    raise RefusalError(400, "", f"This hub knows no operation {key}")


def _content_of_card_or_file(path: str, value: dict[str, Any]) -> bytes:
    content: str = value["content"]
    try:
        raw = base64.b64decode(content) if value.get("encoding") == "base64" else content.encode()
    except binascii.Error as error:
        raise RefusalError(400, "", f"Invalid base64 of {path}: {error}") from None
    errors = problems(raw.decode("utf-8", "replace"))[0] if path == "README.md" else ()
    if errors:
        message = "Your push was rejected during YAML metadata verification: " + "; ".join(errors)
        raise RefusalError(400, "", message)
    return raw
