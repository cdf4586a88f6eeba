"""Routes by which files travel: `resolve` on the first host, LFS storage on the second."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hub_server.exchange import Answer, Call, RefusalError, json_answer


def resolve(call: Call) -> Answer:
    commit = call.commit()
    if call.repo in call.hub.gated and (not call.token or call.token != call.hub.token):
        # 401 asks to log in, 403 to apply for access: `datasets` words its advice by that.
        message = f"Access to dataset {call.repo} is restricted"
        raise RefusalError(403 if call.token else 401, "GatedRepo", message)
    at, file = {"X-Repo-Commit": commit.oid}, commit.files.get(call.groups["path"])
    if file is None:
        raise RefusalError(404, "EntryNotFound", "Entry not found", at)
    etag = f'"{file.etag}"'
    linked = {"X-Linked-Size": str(file.size), "X-Linked-ETag": etag, "ETag": etag} | at
    if not file.pointer_size:
        return _content(file.where, call.range_header, linked)
    return Answer(
        302, b"", {"Location": f"{_stored(call, file.sha256)}/{quote(file.path)}"} | linked
    )


def _stored(call: Call, sha256: str) -> str:
    return f"{call.hub.storage}/lfs/{call.repo}/{sha256}"


def _check_anonymous(call: Call) -> None:
    if call.token:
        # As the real storage does with a signed address: a token must not leak to another host.
        raise RefusalError(400, "", "Only one auth mechanism allowed")


def download(call: Call) -> Answer:
    """Anyone may who has the address, as it would be signed."""
    _check_anonymous(call)
    where = call.hub.store.find_blob(call.repo, call.groups["sha256"])
    if where is None:
        return Answer(404, b"NoSuchKey")
    return _content(where, call.range_header, {"ETag": f'"{call.groups["sha256"]}"'})


def _content(where: Path, range_header: str, headers: Mapping[str, str]) -> Answer:
    """The file, or the part that the header asks for: `bytes=0-99`, `bytes=100-`, `bytes=-8`."""
    headers, size = {**headers, "Accept-Ranges": "bytes"}, where.stat().st_size
    asked = re.fullmatch(r"bytes=(?:(\d+)-(\d*)|-(\d+))", range_header)
    first, last = 0, size - 1
    if asked:
        begin, end, suffix = asked.groups()
        first = max(size - int(suffix), 0) if suffix else int(begin)
        last = min(int(end), last) if end else last
        if first > last:
            return Answer(416, b"", {**headers, "Content-Range": f"bytes */{size}"})
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    with where.open("rb") as content:
        content.seek(first)
        body = content.read(last + 1 - first)
    return Answer(206 if asked else 200, body, headers, (first, last) if asked else None)


def lfs_batch(call: Call) -> Answer:
    """Where to send what the repo lacks; what it has, committed or not, gets no action."""
    call.check_may_write()
    asked = call.json()
    if asked.get("operation") != "upload" or asked.get("hash_algo", "sha256") != "sha256":
        raise RefusalError(422, "", "Only uploads by sha256 are served here")
    verify = {"href": f"{call.page_url}.git/info/lfs/objects/verify"}
    objects: list[dict[str, Any]] = []
    for each in asked["objects"]:
        entry = {"oid": each["oid"], "size": each["size"], "authenticated": True}
        if call.hub.store.find_blob(call.repo, each["oid"]) is None:
            entry["actions"] = {"upload": {"href": _stored(call, each["oid"])}, "verify": verify}
        objects.append(entry)
    headers = {"Content-Type": "application/vnd.git-lfs+json"}
    return json_answer({"transfer": "basic", "objects": objects}, headers=headers)


def upload(call: Call) -> Answer:
    """Bytes for the address that `lfs_batch` gave; they go to the disk as they come."""
    _check_anonymous(call)
    if not call.body.length:
        raise RefusalError(411, "", "A Content-Length above 0 is needed")
    sha256 = call.groups["sha256"]
    call.hub.store.blobs(call.repo).add(sha256, call.body.chunks())
    return Answer(200, b"", {"ETag": f'"{sha256}"'})


def lfs_verify(call: Call) -> Answer:
    call.check_may_write()
    asked = call.json()
    where = call.hub.store.find_blob(call.repo, asked["oid"])
    if where is None or where.stat().st_size != asked["size"]:
        raise RefusalError(404, "", f"There is no object {asked['oid']} of {asked['size']} bytes")
    return json_answer({})
