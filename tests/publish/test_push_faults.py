"""A Hub that is busy, broken or out of reach: a push goes on, or says so and leaves no trace."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hub_server import LoopbackHub
from huggingface_hub import HfApi, get_session
from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # exported lazily
from mixbuild.core.errors import HubError, MixError
from mixbuild.publish.hub.plan import Target
from mixbuild.publish.hub.refs import tag
from mixbuild.sources import session
from publish.pushing import REPO, TOKEN, Builds, Waits, check_tree, published, requests, send

pytest_plugins = ("publish.pushing",)
pytestmark = pytest.mark.usefixtures("undrawn")

LONGEST_SECONDS = 60
"""A push that gives up does so within this time."""

KINDS = {
    "facts": r"GET /api/datasets/org/mix/revision/main$",
    "tree": r"GET /api/datasets/org/mix/tree/",
    "manifest": r"GET /datasets/org/mix/resolve/\w+/manifest.json",
    "card": r"GET /datasets/org/mix/resolve/\w+/README.md",
    "preupload": r"POST /api/datasets/org/mix/preupload/",
    "lfs batch": r"POST /datasets/org/mix.git/info/lfs/objects/batch",
    "lfs put": r"PUT /lfs/",
    "lfs verify": r"POST /datasets/org/mix.git/info/lfs/objects/verify",
    "card check": r"POST /api/validate-yaml",
    "commit": r"POST /api/datasets/org/mix/commit/main",
    "refs": r"GET /api/datasets/org/mix/refs",
    "tag": r"POST /api/datasets/org/mix/tag/",
}
"""Every kind of request by which a config is added to a repo, and the commit tagged."""

PLACE = {
    "create": r"POST /api/repos/create",
    "commits": r"GET /api/datasets/org/mix/commits/",
    "branch": r"POST /api/datasets/org/mix/branch/",
}
"""And by which a repo and a branch are made."""

FAULTS: dict[str, list[dict[str, Any]]] = {
    "busy": [{"status": 429, "headers": {"Retry-After": "7"}}],
    "broken": [{"status": 500}, {"status": 502}],
    "down": [{"status": 503}, {"cut_upload_after": 0}],
    "lost": [{"lose_answer": True}, {"cut_after": 10}],
}
"""What befalls one after the other the requests of one kind."""


@pytest.mark.parametrize("faults", FAULTS)
@pytest.mark.parametrize("kind", KINDS)
def test_faults_that_pass_are_waited_out(
    loopback: LoopbackHub, api: HfApi, builds: Builds, waits: Waits, kind: str, faults: str
) -> None:
    send(api, builds("imdb"))
    for fault in FAULTS[faults]:
        loopback.fail(KINDS[kind], times=1, **fault)
    pushed = send(api, builds("squad"))
    tag(api, REPO, "v9", pushed.commit)
    assert pushed.changed
    assert loopback.commit(REPO) == loopback.commit(REPO, "v9") == pushed.commit
    assert [commit.title for commit in loopback.commits(REPO)] == [
        "Version 1.1.0",
        "Version 1.0.0",
        "initial commit",
    ]
    assert list(published(loopback)["configs"]) == ["imdb", "squad"]
    check_tree(api)
    assert waits.total < LONGEST_SECONDS
    if faults == "busy":
        assert waits.longest >= 7, "waited for as told"
    assert not loopback.orders.next_fault("GET or POST or PUT")


@pytest.mark.parametrize("faults", FAULTS)
@pytest.mark.parametrize("kind", PLACE)
def test_a_repo_and_a_branch_are_made_once_whatever_befalls(
    loopback: LoopbackHub, api: HfApi, builds: Builds, waits: Waits, kind: str, faults: str
) -> None:
    for fault in FAULTS[faults]:
        loopback.fail(PLACE[kind], times=1, **fault)
    pushed = send(api, builds("squad"), Target(REPO, "next", private=True))
    assert loopback.store.is_private(REPO)
    assert len(loopback.commits(REPO)) == 1, "main is as it was made"
    assert loopback.commits(REPO, "next")[0].oid == pushed.commit
    assert len(loopback.commits(REPO, "next")) == 2
    check_tree(api, "next")
    assert waits.total < LONGEST_SECONDS


ENDLESS: dict[str, dict[str, Any]] = {
    "busy": {"status": 429, "headers": {"Retry-After": "2"}},
    "broken": {"status": 500},
    "out of reach": {"cut_upload_after": 0},
}


@pytest.mark.parametrize("fault", ENDLESS)
@pytest.mark.parametrize("kind", list({**KINDS, **PLACE})[:-2])
def test_faults_that_do_not_pass_are_one_line_and_leave_the_repo_as_it_was(
    loopback: LoopbackHub, api: HfApi, builds: Builds, waits: Waits, kind: str, fault: str
) -> None:
    if kind != "create":
        send(api, builds("imdb"))
    before = loopback.store.exists(REPO) and loopback.commits(REPO)
    loopback.fail({**KINDS, **PLACE}[kind], times=1000, **ENDLESS[fault])

    def push_and_tag() -> None:
        pushed = send(api, builds("squad"))
        tag(api, REPO, "v9", pushed.commit)

    with pytest.raises(MixError) as error:
        push_and_tag()
    message = str(error.value)
    assert message.startswith(REPO)
    assert "run the same command" in message
    assert "\n" not in message
    assert TOKEN not in message
    assert waits.total < LONGEST_SECONDS
    if kind in ("refs", "tag"):  # the commit was there by then
        assert loopback.commits(REPO)[1:] == before
    else:
        assert (loopback.store.exists(REPO) and loopback.commits(REPO)) == before


@pytest.mark.parametrize(
    ("name", "asked", "seconds"),
    [
        ("Retry-After", "1000000000", 300),
        ("Retry-After", "9" * 5_000, 300),
        ("Retry-After", "Wed, 21 Oct 2065 07:28:00 GMT", 300),
        ("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("RateLimit", f'"api";r=0;t={10**9}', 300),
        ("Retry-After", "soon", 10),
        ("Retry-After", "-1", 10),
    ],
)
def test_a_busy_hub_is_waited_for_so_long_and_no_longer(
    loopback: LoopbackHub,
    api: HfApi,
    builds: Builds,
    waits: Waits,
    name: str,
    asked: str,
    seconds: int,
) -> None:
    """By us and by the library: some requests are its own to try again."""
    send(api, builds("imdb"))
    for kind in ("facts", "tree", "manifest", "preupload", "commit"):
        loopback.fail(KINDS[kind], times=1, status=429, headers={name: asked})
    assert send(api, builds("squad")).changed
    assert waits.longest <= seconds + 1, "the library adds one"
    assert waits.longest >= 299 or seconds < 300
    session = get_session()
    assert (session.timeout, session.event_hooks["response"]) == (httpx.Timeout(None), [])


@pytest.mark.parametrize("body", [b"<html>Log in</html>", b'{"a": 1}', b"null", b"\xff"])
@pytest.mark.parametrize("kind", ["facts", "tree", "preupload"])
def test_what_is_no_answer_of_a_hub_is_called_so(
    loopback: LoopbackHub, api: HfApi, builds: Builds, waits: Waits, kind: str, body: bytes
) -> None:
    send(api, builds("imdb"))
    before = loopback.commits(REPO)
    loopback.fail(KINDS[kind], times=9, status=200, body=body)
    with pytest.raises(HubError) as caught:
        send(api, builds("squad"))
    said, _, remedy = str(caught.value).partition("); ")
    assert said.startswith(REPO)
    assert ": the answer is none that a Hub gives (" in said
    assert remedy == (
        "check HF_ENDPOINT, and what may answer in its place, such as the page of a proxy"
    )
    assert loopback.commits(REPO) == before


def test_redirects_without_end_are_none_either(
    loopback: LoopbackHub, api: HfApi, builds: Builds
) -> None:
    send(api, builds("imdb"))
    commit = loopback.commit(REPO)
    around = {"Location": f"{loopback.endpoint}/datasets/{REPO}/resolve/{commit}/manifest.json"}
    loopback.fail(KINDS["manifest"], times=99, status=302, headers=around)
    with pytest.raises(HubError) as caught:
        send(api, builds("squad"))
    assert str(caught.value) == (
        f"{REPO}@{commit}: manifest.json: the answer is none that a Hub gives (TooManyRedirects: "
        f"Exceeded maximum allowed redirects.); check HF_ENDPOINT, and what may answer in its "
        f"place, such as the page of a proxy"
    )


@pytest.mark.parametrize("kind", ["facts", "manifest"])
def test_a_gated_repo_is_there_and_says_what_it_asks(
    loopback: LoopbackHub, api: HfApi, builds: Builds, kind: str
) -> None:
    send(api, builds("imdb"))
    loopback.fail(KINDS[kind], times=1, status=403, headers={"X-Error-Code": "GatedRepo"})
    with pytest.raises(HubError) as caught:
        send(api, builds("squad"))
    assert str(caught.value).endswith(
        ": the Hub says that this dataset is gated; accept its terms on its page, then set "
        "HF_TOKEN to a token of your account"
    )


@pytest.mark.parametrize("times", [1, 2])
def test_no_second_pull_request_when_the_answer_is_lost(
    loopback: LoopbackHub, api: HfApi, builds: Builds, waits: Waits, times: int
) -> None:
    send(api, builds("imdb"))
    main = loopback.commit(REPO)
    for _ in range(
        times
    ):  # a proposal of somebody else, or of an earlier push, is not taken for it
        loopback.fail("/commit/main", times=1, lose_answer=True)
        pushed = send(api, builds("squad"), Target(REPO, create_pr=True))
    refs = api.list_repo_refs(REPO, repo_type="dataset", include_pull_requests=True)
    assert refs.pull_requests is not None
    assert [ref.ref for ref in refs.pull_requests] == [f"refs/pr/{n}" for n in range(1, times + 1)]
    assert loopback.commit(REPO, f"refs/pr/{times}") == pushed.commit
    assert pushed.pull_request == f"{loopback.endpoint}/datasets/{REPO}/discussions/{times}"
    assert loopback.commit(REPO) == main
    check_tree(api, pushed.commit)


def test_a_commit_that_landed_unanswered_is_not_sent_again_and_others_stay(
    loopback: LoopbackHub, api: HfApi, builds: Builds, waits: Waits
) -> None:
    loopback.fail("/commit/", times=1, lose_answer=True)
    loopback.after("/commit/", lambda: loopback.upload(REPO, {"theirs.txt": b"t"}))
    pushed = send(api, builds("squad"))
    assert len(requests(loopback, "POST", "/commit/")) == 1
    assert [commit.title for commit in loopback.commits(REPO)] == [
        "upload",
        "Version 1.0.0",
        "initial commit",
    ]
    assert (pushed.changed, pushed.commit) == (True, loopback.commit(REPO))


def test_a_hub_that_falls_silent_is_no_reason_to_wait_for_ever(
    loopback: LoopbackHub,
    api: HfApi,
    builds: Builds,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session, "SILENCE_SECONDS", 0.5)
    loopback.fail("/commit/", times=1, delay_seconds=60)
    begun = time.monotonic()
    pushed = send(api, builds("squad"))
    assert time.monotonic() - begun < 30
    assert pushed.commit == loopback.commit(REPO)
    assert len(loopback.commits(REPO)) == 2


@pytest.mark.parametrize("path", ["README.md", "manifest.json"])
def test_what_is_read_damaged_is_read_again_not_merged(
    loopback: LoopbackHub, api: HfApi, builds: Builds, waits: Waits, path: str
) -> None:
    send(api, builds("imdb"))
    loopback.upload(
        REPO, {"README.md": loopback.files(REPO)["README.md"] + b"\nby people\n" * 9000}
    )
    for times in (1, 1000):
        loopback.fail(f"GET .*/resolve/.*{path}", times=times, corrupt=True)
        if times == 1:
            send(api, builds("squad"))
            assert loopback.files(REPO)["README.md"].endswith(b"\nby people\n" * 9000)
            assert list(published(loopback)["configs"]) == ["imdb", "squad"]
            continue
        with pytest.raises(
            HubError, match="expected the bytes that the Hub lists, got others 3 times; run"
        ):
            send(api, builds("billsum"))
