"""Routes for branches, tags, discussions and pull requests."""

from __future__ import annotations

from typing import Any

from hub_server.commits import date
from hub_server.exchange import Answer, Call, RefusalError, json_answer
from hub_server.reading import USER


def create_branch(call: Call) -> Answer:
    call.check_may_write()
    name, asked = call.groups["revision"], call.json()
    if name.startswith("refs/"):
        raise RefusalError(400, "", f"Invalid reference for a branch: {name}")
    begin = call.hub.store.commit_at(call.repo, asked.get("startingPoint") or "main").oid
    _add(call, f"refs/heads/{name}", begin)
    return json_answer({})


def create_tag(call: Call) -> Answer:
    call.check_may_write()
    if not call.hub.ways.has_tags:
        raise RefusalError(404, "", "This hub has no such page")
    _add(call, f"refs/tags/{call.json()['tag']}", call.commit().oid)
    return json_answer({})


def _add(call: Call, ref: str, oid: str) -> None:
    with call.hub.store.changing(call.repo) as state:
        if ref in state.refs:
            raise RefusalError(409, "", f"Reference already exists: {ref}")
        state.refs[ref] = oid


def delete_branch(call: Call) -> Answer:
    if call.groups["revision"] == "main":
        raise RefusalError(403, "", "The main branch cannot be deleted")
    return _remove(call, f"refs/heads/{call.groups['revision']}")


def delete_tag(call: Call) -> Answer:
    return _remove(call, f"refs/tags/{call.groups['revision']}")


def _remove(call: Call, ref: str) -> Answer:
    call.check_may_write()
    with call.hub.store.changing(call.repo) as state:
        if state.refs.pop(ref, None) is None:
            raise RefusalError(404, "RevisionNotFound", f"Invalid rev id: {ref}")
    return Answer(200)


def discuss(call: Call) -> Answer:
    """A discussion, or a pull request without changes as yet."""
    call.check_may_write()
    asked = call.json()
    with call.hub.store.changing(call.repo) as state:
        is_pull_request = bool(asked.get("pullRequest"))
        number = call.hub.store.discuss(
            state,
            title=asked["title"],
            description=asked.get("description", ""),
            pull_request=is_pull_request,
        )
        if is_pull_request:
            state.refs[f"refs/pr/{number}"] = state.refs["refs/heads/main"]
    return json_answer({"num": number, "pullRequest": is_pull_request})


def discussions(call: Call) -> Answer:
    call.check_repo()
    held = call.hub.store.look(call.repo).discussions
    found = [_facts(call, number, each) for number, each in enumerate(held, 1)]
    return json_answer({"discussions": found[::-1], "count": len(found), "start": 0})


def discussion(call: Call) -> Answer:
    call.check_repo()
    held, number = call.hub.store.look(call.repo).discussions, int(call.groups["number"])
    if not 1 <= number <= len(held):
        raise RefusalError(404, "", "Discussion not found")
    facts = _facts(call, number, held[number - 1])
    comment = {
        "id": f"{number:024x}",
        "type": "comment",
        "createdAt": date(0),
        "author": {"name": USER},
        "data": {"edited": False, "hidden": False, "latest": {"raw": facts["description"]}},
    }
    changes = {"base": "refs/heads/main"}
    return json_answer({**facts, "events": [comment], "changes": changes, "filesWithConflicts": []})


def _facts(call: Call, number: int, held: dict[str, Any]) -> dict[str, Any]:
    return {
        "num": number,
        "title": held["title"],
        "description": held["description"],
        "status": held["status"],
        "isPullRequest": held["pull_request"],
        "author": {"name": USER},
        "repo": {"name": call.repo, "type": "dataset"},
        "createdAt": date(0),
    }
