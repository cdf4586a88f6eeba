"""What is not pushed at all, said in one line; and that no token is ever said."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hub_server import LoopbackHub
from huggingface_hub import HfApi
from mixbuild.core.errors import (
    CardError,
    HubError,
    LicenceError,
    ManifestError,
    MixError,
    OutputError,
    UsageError,
    VerifyError,
)
from mixbuild.core.files import mutex
from mixbuild.declare import RowFormat
from mixbuild.make.manifest import expect
from mixbuild.make.plan import Request
from mixbuild.make.run import make
from mixbuild.publish.card.sections import END
from mixbuild.publish.hub import push as hub
from mixbuild.publish.hub.plan import Target
from mixbuild.publish.hub.refusals import refuse_readers
from mixbuild.tasks import find
from publish.pushing import (
    REPO,
    TOKEN,
    Builds,
    Built,
    Command,
    Waits,
    check_tree,
    export_build,
    push,
    send,
    writes,
)

pytest_plugins = ("publish.pushing",)
pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture
def held(api: HfApi, builds: Builds) -> HfApi:
    """A Hub where imdb is published."""
    send(api, builds("imdb"))
    return api


def refused(api: HfApi, kind: type[MixError], act: Callable[[], Any], served: LoopbackHub) -> str:
    """The one line; and nothing was written but what is sent early, which is in no commit."""
    before = lasting(served)
    with pytest.raises(kind) as error:
        act()
    assert lasting(served) == before
    assert "\n" not in str(error.value)
    return str(error.value)


def lasting(served: LoopbackHub) -> list[str]:
    """The requests that change what readers of the repo see."""
    early = ("/preupload/", "/info/lfs/", "/lfs/")
    return [each for each in writes(served) if not any(part in each for part in early)]


MISFITS: dict[str, tuple[dict[str, bytes], dict[str, Any], str]] = {
    "a script": ({"mix.py": b""}, {}, "@C: has mix.py at its root, which newer versions of"),
    "no manifest": ({"manifest.json": b"{"}, {}, "@C: manifest.json: expected JSON, got something"),
    "another container": ({}, {"file_format": "arrow"}, ": its configs are published as parquet, "),
    "other rows": (
        {},
        {"row_format": RowFormat("text")},
        ": its rows are published as prompt_comp",
    ),
    "no card": (
        {"README.md": b"---\na: [\n---\n"},
        {},
        "README.md on the Hub: line 3: expected YA",
    ),
    "no tags": ({"README.md": b"---\ntags: [[a]]\n---\n"}, {}, "README.md on the Hub: tags: expe"),
    "half a card": ({"README.md": END.encode()}, {}, "README.md on the Hub: expected the lines '<"),
    "a public repo": ({}, {"private": True}, ": expected a private repo, as --private says, got a"),
    "a tag": (
        {"NEWS.md": b"later"},
        {"tag_name": "stable"},
        ": the tag stable is taken by another",
    ),
    "a reader": ({}, {"token": "a reader's"}, ": the Hub refused (HfHubHTTPError: "),
    "nobody": ({}, {"token": False}, ": the Hub refused ("),
    "no place for it": ({}, {"repo": "org/new"}, ": the Hub refused (HfHubHTTPError: "),
}


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("misfit", MISFITS)
def test_what_the_hub_tells_beforehand_is_told_before_anything_is_written(
    loopback: LoopbackHub,
    held: HfApi,
    builds: Builds,
    tmp_path: Path,
    misfit: str,
    dry_run: bool,
) -> None:
    """And by a dry run: after the plan, where others could carry it out."""
    files, options, expected = MISFITS[misfit]
    options = {**options}
    out = tmp_path / "out"
    shutil.copytree(builds("squad").out, out, ignore=shutil.ignore_patterns(".publish"))
    held.create_tag(REPO, tag="stable", repo_type="dataset")
    commit = loopback.upload(REPO, files) if files else loopback.commit(REPO)
    target = Target(options.pop("repo", REPO), private=options.pop("private", False))
    token = options.pop("token", TOKEN)
    if target.repo != REPO:
        loopback.fail("/repos/create", times=1, status=403)
    plans: list[hub.Plan] = []
    before = writes(loopback)

    def act() -> None:
        api = HfApi(endpoint=loopback.endpoint, token=token)
        push(api, Built(out, {}, ()), target, dry_run=dry_run, show=plans.append, **options)

    if target.repo != REPO and dry_run:  # who may make a repo, only making it can tell
        act()
        return
    with pytest.raises(MixError) as caught:
        act()
    message = str(caught.value)
    assert message.removeprefix(target.repo).startswith(expected.replace("C", commit, 1))
    assert "\n" not in message
    asked = [each for each in writes(loopback) if each != "POST /api/repos/create"]
    assert asked == [each for each in before if each != "POST /api/repos/create"]
    is_readers = dry_run and token != TOKEN
    assert (len(plans), (out / ".publish").exists()) == (is_readers, is_readers)


@pytest.mark.parametrize("status", [405, 500, 501])
def test_a_hub_that_cannot_be_asked_for_rights_is_no_reason_to_refuse(
    loopback: LoopbackHub, held: HfApi, waits: Waits, status: int
) -> None:
    loopback.fail("/auth-check/write", times=99, status=status)
    refuse_readers(held, Target(REPO))
    assert loopback.log[-1].status == status


def test_a_script_at_the_root(loopback: LoopbackHub, held: HfApi, builds: Builds) -> None:
    commit = loopback.upload(REPO, {"mix.py": b"import datasets"})
    message = refused(held, HubError, lambda: push(held, builds("squad")), loopback)
    assert message == (
        f"{REPO}@{commit}: has mix.py at its root, which newer versions of datasets refuse and "
        f"older ones run instead of reading the configs; delete that file on the Hub, then push"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "expected JSON, got something else (Input data was truncated)"),
        (b"[" * 9_999, "expected JSON, got more than 64 lists and objects within one another"),
        (b"[]", "expected format 2, got None"),
        (b'{"format": 1}', "expected format 2, got 1"),
        (b'{"format": 2}', "expected the field version, got none"),
    ],
)
def test_a_manifest_that_is_none(
    loopback: LoopbackHub, held: HfApi, builds: Builds, content: bytes, message: str
) -> None:
    commit = loopback.upload(REPO, {"manifest.json": content})
    got = refused(held, ManifestError, lambda: push(held, builds("squad")), loopback)
    assert got == f"{REPO}@{commit}: manifest.json: {message}; take the file back to what it was"


def without(*path: str | int) -> Callable[[Any], object]:
    """A change to a manifest: what is there is no more."""

    def change(manifest: Any) -> None:
        for key in path[:-1]:
            manifest = manifest[key]
        del manifest[path[-1]]

    return change


TRAIN = ("configs", "imdb", "splits", "train")


@pytest.mark.parametrize(
    "change",
    [
        without("history"),
        without("configs", "imdb"),
        without("configs", "imdb", "made_of", "family"),
        without("configs", "imdb", "made_of", "source", "citation"),
        without("configs", "imdb", "splits"),
        without(*TRAIN, "lengths", "prompt"),
        without(*TRAIN, "content_digest"),
        without(*TRAIN, "shards", 0, "sha256"),
        lambda manifest: manifest.update(version="one"),
        lambda manifest: manifest["configs"].update(other=None),
        lambda manifest: manifest["configs"]["imdb"]["splits"]["train"].update(shards=7),
    ],
)
def test_a_manifest_that_somebody_has_edited(
    loopback: LoopbackHub, held: HfApi, builds: Builds, change: Callable[[Any], object]
) -> None:
    manifest = json.loads(loopback.files(REPO)["manifest.json"])
    change(manifest)
    commit = loopback.upload(REPO, {"manifest.json": json.dumps(manifest).encode()})
    for act in (lambda: push(held, builds("squad")), lambda: check_tree(held)):
        message = refused(held, ManifestError, act, loopback)
        assert message.startswith(f"{REPO}@{commit}: manifest.json: ")
        assert ": expected " in message
        assert message.endswith("; take the file back to what it was")


def test_a_manifest_of_another_format(loopback: LoopbackHub, held: HfApi, builds: Builds) -> None:
    manifest = json.loads(loopback.files(REPO)["manifest.json"]) | {"format": 3}
    commit = loopback.upload(REPO, {"manifest.json": json.dumps(manifest).encode()})
    got = refused(held, ManifestError, lambda: push(held, builds("squad")), loopback)
    assert got == (
        f"{REPO}@{commit}: manifest.json: expected format 2, got 3: a newer version wrote it; "
        f"update instruct_mix"
    )


def test_another_file_format_beside_configs_that_stay(
    loopback: LoopbackHub, held: HfApi, builds: Builds
) -> None:
    def act() -> None:
        push(held, builds("squad"), Target(REPO), file_format="arrow")

    assert refused(held, ManifestError, act, loopback) == (
        f"{REPO}: its configs are published as parquet, and all must be in one format; push to "
        f"another branch with --revision"
    )


@pytest.mark.parametrize(
    ("card", "slip"),
    [
        (b"---\na: [\n---\n", "README.md on the Hub: line 3: expected YAML, got something else ("),
        (b"---\n- a\n---\n", "README.md on the Hub: expected keys and values between its first"),
        (
            b"---\ntags: [[a]]\n---\n",
            "README.md on the Hub: tags: expected a list of words, got ['a']",
        ),
        (
            b"<!-- instruct_mix: generated up to here -->\n",
            "README.md on the Hub: expected the lines",
        ),
        (
            "\u00fc".encode("latin-1"),
            f"{REPO}@COMMIT: README.md: expected UTF-8, got other bytes (",
        ),
    ],
)
def test_a_card_that_cannot_be_merged(
    loopback: LoopbackHub, held: HfApi, builds: Builds, card: bytes, slip: str
) -> None:
    commit = loopback.upload(REPO, {"README.md": card})
    message = refused(held, CardError, lambda: push(held, builds("squad")), loopback)
    assert message.startswith(slip.replace("COMMIT", commit))
    assert message.endswith("then push again")


def test_a_licence_that_nobody_named(loopback: LoopbackHub, api: HfApi, builds: Builds) -> None:
    built = builds("sst2", "web_questions")
    assert refused(api, LicenceError, lambda: push(api, built), loopback) == (
        "expected licences that may be published, got sst2: other (unknown); web_questions: "
        "unknown; leave these configs out, name the source in "
        "build/licence_policy.json, or say --allow-licences other,unknown"
    )
    assert loopback.log == [], "nothing is sent at all"
    plans: list[hub.Plan] = []
    allowed = ["other", "unknown"]
    push(api, built, show=plans.append, dry_run=True, allow_licences=allowed)
    assert plans


def test_a_mirror_that_nobody_else_has(
    loopback: LoopbackHub, api: HfApi, imdb_folder: Path, tmp_path: Path, command: Command
) -> None:
    out = tmp_path / "out"
    make(
        Request([find("imdb"), find("squad")], out, {"imdb": str(imdb_folder), "squad": "samples"})
    )
    made_of = expect(out).configs["imdb"].sources[0].read_from
    message = (
        f"expected sources that others can read, got mirrors that only you have: imdb ({made_of}); "
        "nobody else could rebuild or trace these rows. Lock the sources and make them of the very "
        "files that the lock names, or say --allow-mirrors"
    )
    done = command("push", REPO, "--out", out)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"error: {message}\n")
    assert loopback.log == [], "nothing is sent at all"
    assert command("push", REPO, "--out", out, "--dry-run", "--allow-mirrors").returncode == 0


@pytest.mark.parametrize("name", ["mix", "org/mix/more", "org/", "/mix", "", "org/a b", "../mix"])
def test_a_name_that_is_none(loopback: LoopbackHub, api: HfApi, builds: Builds, name: str) -> None:
    message = refused(api, UsageError, lambda: push(api, builds("squad"), Target(name)), loopback)
    assert message == f"expected a repo like 'org/name', got {name!r}"
    assert loopback.log == []


def test_a_build_that_is_not_whole(
    loopback: LoopbackHub, held: HfApi, builds: Builds, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(builds("squad").out, out)
    built = export_build(out)
    shard = next((out / "squad").glob("train-*.arrow"))
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    shutil.rmtree(out / ".publish")  # of what is exported already, no shard is read
    message = refused(held, VerifyError, lambda: push(held, built), loopback)
    assert message.startswith(f"{shard}: ")
    asked = loopback.log
    (out / "manifest.json").unlink()
    message = refused(held, ManifestError, lambda: push(held, built), loopback)
    assert str(out) in message
    assert loopback.log == asked


@pytest.mark.parametrize(("token", "status"), [(None, 401), ("somebody else's", 403)])
@pytest.mark.parametrize("exists", [True, False])
def test_a_token_that_may_not_write(
    loopback: LoopbackHub,
    api: HfApi,
    builds: Builds,
    token: str | None,
    status: int,
    exists: bool,
) -> None:
    if exists:
        send(api, builds("imdb"))
    before = loopback.store.exists(REPO) and loopback.commits(REPO)
    other = HfApi(endpoint=loopback.endpoint, token=token or False)
    with pytest.raises(HubError) as error:
        push(other, builds("squad"))
    message = str(error.value)
    assert message.startswith(f"{REPO}: the Hub refused (")
    assert f"{status} " in message
    assert message.endswith("); check that HF_TOKEN is set and may write here")
    assert "\n" not in message
    assert "somebody else's" not in message
    assert (loopback.store.exists(REPO) and loopback.commits(REPO)) == before


def test_no_token_is_ever_said(
    loopback: LoopbackHub, builds: Builds, command: Command, tmp_path: Path
) -> None:
    """However much the libraries have to say, and whatever the Hub answers."""
    of_somebody_else = "hf_ofSomebodyElse"
    out = tmp_path / "out"
    shutil.copytree(builds("squad").out, out, ignore=shutil.ignore_patterns(".publish"))
    loopback.fail("/preupload/", times=1, status=500)
    loopback.fail("/commit/", times=1, status=503)
    loud = {
        "HF_DEBUG": "1",
        "HF_HUB_VERBOSITY": "debug",
        "DATASETS_VERBOSITY": "debug",
    }
    told = {"X-Error-Message": f"neither {TOKEN} nor {of_somebody_else} may tag"}
    loopback.fail("/tag/", times=1, status=403, headers=told)
    done = command("push", REPO, "--out", out, "--tag", "stable", **loud)
    assert done.returncode == 1
    assert "curl" in done.stderr, "the libraries had much to say"
    assert "neither *** nor *** may tag" in done.stderr
    written = {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    written |= {"stdout": done.stdout.encode(), "stderr": done.stderr.encode()}
    assert len(loopback.files(REPO)) > 5, "published, and below tmp_path too"
    for secret in (TOKEN, of_somebody_else):
        assert [name for name, content in written.items() if secret.encode() in content] == []


def test_the_command_says_one_line_and_fails(
    loopback: LoopbackHub, builds: Builds, command: Command, api: HfApi
) -> None:
    loopback.fail("/commit/", times=1000, status=503)
    done = command("push", REPO, "--out", builds("squad").out)
    assert (done.returncode, done.stderr) == (
        1,
        f"error: {REPO}: the Hub answered 503 time and again; run the same command later: what "
        f"was sent is kept; nothing was published\n",
    )
    assert len(loopback.commits(REPO)) == 1


def test_a_hub_without_xet_is_named_with_the_variable_that_helps(
    loopback: LoopbackHub, builds: Builds, command: Command
) -> None:
    done = command("push", REPO, "--out", builds("squad").out, HF_HUB_DISABLE_XET="0")
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {REPO}: the Hub has no Xet storage (ConnectionError: ")
    assert done.stderr.endswith("); set HF_HUB_DISABLE_XET=1, then run the same command\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("looks", [True, False])
def test_that_nothing_was_published_is_said_only_when_it_was_looked_up(
    loopback: LoopbackHub, held: HfApi, builds: Builds, looks: bool
) -> None:
    loopback.fail("/commit/main$", times=1, status=400, headers={"X-Error-Message": "no"})
    if not looks:
        loopback.fail("/revision/main$", after=2, times=1, status=403)
    with pytest.raises(HubError) as caught:
        send(held, builds("squad"))
    message = str(caught.value)
    assert message.startswith(f"{REPO}: the Hub refused (")
    assert message.endswith("; nothing was published") is looks
    assert len(loopback.commits(REPO)) == 2


def test_a_tag_that_is_refused_is_told_apart_from_what_is_published(
    at_the_hub: LoopbackHub, api: HfApi, builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "verify_repo", lambda *_, **__: ("", []))
    at_the_hub.fail("/tag/", times=1, status=403)
    with pytest.raises(HubError) as caught:
        push(api, builds("squad"))
    assert str(caught.value).startswith(
        f"{REPO}@{at_the_hub.commit(REPO)}: published and proven, but not tagged: {REPO}: tag "
        f"v1.0.0: the Hub refused ("
    )


def test_a_folder_in_which_something_is_being_made(
    loopback: LoopbackHub, held: HfApi, builds: Builds
) -> None:
    built = builds("squad")
    with mutex(built.out):
        message = refused(held, OutputError, lambda: push(held, built), loopback)
    assert message == (
        f"{built.out}: another make or push is at work here; wait for it, or choose another --out"
    )
