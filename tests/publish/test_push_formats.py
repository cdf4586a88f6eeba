"""Push in a row format: to a branch of its own, proven, rebuilt, traced, and handed out again."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner
from conftest import read_shards
from hub_server import LoopbackHub
from huggingface_hub import HfApi
from mixbuild.cli.publish import push_command
from mixbuild.core import HubError, ManifestError, UsageError, VerifyError
from mixbuild.declare import ROW_FORMATS, RowFormat
from mixbuild.prove import rebuild, trace
from mixbuild.publish import ARROW, PARQUET, open_place
from mixbuild.publish.formats import columns_of
from mixbuild.publish.hub.branches import Branch, branches, default_branch, naming_branch
from mixbuild.publish.hub.plan import Target
from mixbuild.publish.hub.push import verify_repo
from publish.pushing import REPO, Builds, Command, Waits, published, push, writes

pytest_plugins = ("publish.pushing",)
pytestmark = pytest.mark.usefixtures("undrawn")

FORMATS = [RowFormat("messages", system="Be brief."), *map(RowFormat, ("alpaca", "text"))]


@pytest.mark.parametrize("asked", FORMATS, ids=lambda each: each.name)
def test_a_format_has_a_branch_of_its_own(
    builds: Builds,
    api: HfApi,
    at_the_hub: LoopbackHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    asked: RowFormat,
) -> None:
    monkeypatch.setattr("mixbuild.publish.hub.push.client", lambda: api)
    built, target = builds("imdb"), Target(REPO, asked.name)
    pushed, verified = push(api, built, target, row_format=asked) or pytest.fail("a dry run")
    assert [(each.split, each.rows) for each in verified] == [("train", 15), ("test", 17)]
    manifest = published(at_the_hub, asked.name)
    assert manifest["row_format"] == {
        "name": asked.name,
        "marker": "drop",
        "system": asked.system,
    }
    assert list(manifest["columns"]) == columns_of(asked).names
    again, _ = push(api, built, target, row_format=asked) or pytest.fail("a dry run")
    assert (pushed.changed, again.changed) == (True, False)

    place = f"{REPO}@{asked.name}"
    verify_repo(api, REPO, asked.name)
    assert [each.difference for each in rebuild(place, tmp_path / "again")] == [None, None]
    rows = pa.Table.from_batches(open_place(place).rows("imdb", "train"))
    assert rows.equals(read_shards(built.out, "imdb", "train").combine_chunks())
    assert trace(rows["id"][3].as_py(), place).again


def test_a_branch_has_one_format(builds: Builds, api: HfApi, at_the_hub: LoopbackHub) -> None:
    push(api, builds("imdb"))
    with pytest.raises(ManifestError) as caught:
        push(api, builds("imdb"), row_format=RowFormat("messages"))
    assert str(caught.value) == (
        "org/mix: its rows are published as prompt_completion, got messages; push to another "
        "branch with --revision, or to another repo"
    )
    chats = Target(REPO, "messages")
    push(api, builds("squad", "imdb"), chats, row_format=RowFormat("messages"))
    with pytest.raises(ManifestError) as caught:
        push(api, builds("imdb"), chats, row_format=RowFormat("messages", marker="keep"))
    assert str(caught.value) == (
        "org/mix: its messages have another marker or system message than these; push all its "
        "configs, or to another branch with --revision"
    )
    # all of them are replaced
    push(api, builds("squad", "imdb"), chats, row_format=RowFormat("messages", marker="keep"))
    history = published(at_the_hub, "messages")["history"]
    assert list(history) == ["1.1.0", "1.0.0"]
    assert "`imdb`: train 15 rows as before, not the same" in history["1.1.0"][0]


def test_another_layout_than_the_manifest_says_is_found(
    builds: Builds, api: HfApi, at_the_hub: LoopbackHub
) -> None:
    push(api, builds("imdb"), Target(REPO, "text"), row_format=RowFormat("text"))
    manifest = published(at_the_hub, "text")
    train = manifest["configs"]["imdb"]["splits"]["train"]
    digest, train["format_digest"] = train["format_digest"], "0" * 32
    content = json.dumps(manifest).encode()
    api.upload_file(
        path_or_fileobj=content,
        path_in_repo="manifest.json",
        repo_id=REPO,
        repo_type="dataset",
        revision="text",
    )
    with pytest.raises(VerifyError) as caught:
        verify_repo(api, REPO, "text")
    assert str(caught.value).endswith(
        f"train: expected rows with the format digest {'0' * 32}, got {digest}; try again, then "
        f"push the build again"
    )


def test_each_format_has_a_branch_unless_one_is_named() -> None:
    assert [default_branch(PARQUET, name) for name in ROW_FORMATS] == ["main", *ROW_FORMATS[1:]]
    assert default_branch(ARROW) == "arrow"


def test_a_format_that_there_is_not_is_one_line(builds: Builds, command: Command) -> None:
    done = command("push", REPO, "--out", builds("imdb").out, "--as", "mesages")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: unknown row format 'mesages'; did you mean 'messages'? Known: prompt_completion, "
        "messages, alpaca, sharegpt, text\n"
    )


def test_arrow_files_have_the_format_too(
    builds: Builds, api: HfApi, at_the_hub: LoopbackHub
) -> None:
    asked, target = RowFormat("sharegpt"), Target(REPO, "sharegpt")
    push(api, builds("imdb"), target, row_format=asked, file_format=ARROW)
    verify_repo(api, REPO, "sharegpt")


CHATS = {"name": "messages", "marker": "drop", "system": "Be brief."}


def test_the_formats_of_a_recipe_follow_each_to_its_branch(
    command: Command, at_the_hub: LoopbackHub, tmp_path: Path
) -> None:
    recipe, out = tmp_path / "mine.yaml", tmp_path / "out"
    recipe.write_text(
        "tasks: {imdb: {}}\nmixtures: {mix: {total: 4, parts: {imdb: {}}}}\n"
        "formats: [prompt_completion, text, {name: messages, system: Be brief.}]\n"
    )
    made = command("make", "--recipe", recipe, "--samples", "--out", out)
    assert (made.returncode, made.stderr) == (0, "")
    made = command("make", "gsm8k", "--samples", "--out", out)  # it has no recipe
    assert (made.returncode, made.stderr) == (0, "")

    done = command("push", REPO, "--out", out, "--allow-mirrors", "--tag", "first")
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        re.findall(r"^org/mix: pushed, .*", done.stdout, re.MULTILINE)
        == ["org/mix: pushed, version 1.0.0"] * 3
    )
    found = {name: published(at_the_hub, name) for name in ("main", "text", "messages")}
    assert sorted(found["main"]["configs"]) == ["gsm8k", "imdb", "mix"]
    assert (
        sorted(found["text"]["configs"])
        == sorted(found["messages"]["configs"])
        == [
            "imdb",
            "mix",
        ]
    )
    assert found["messages"]["row_format"] == CHATS

    alone = command("push", REPO, "--out", out, "--allow-mirrors", "--revision", "here")
    assert (alone.returncode, alone.stdout.count("org/mix: pushed")) == (0, 1)


@pytest.fixture
def three(builds: Builds, tmp_path: Path) -> list[str]:
    """The words that push a build whose recipe names two formats."""
    out = tmp_path / "out"
    shutil.copytree(builds("imdb").out, out)
    made_by(out, imdb="[messages, text]")
    return [REPO, "--out", str(out), "--allow-mirrors"]


def pushed(words: list[str]) -> str:
    """What an error says; nothing where all went well."""
    done = CliRunner().invoke(push_command, words)
    assert done.exit_code == (1 if done.exception else 0)
    return str(done.exception or "")


@pytest.mark.parametrize(
    ("name", "others", "fault"),
    [
        ("main", "not begun: messages, text", {"status": 500}),
        ("messages", "published before it: main; not begun: text", {"status": 412}),
        ("messages", "published before it: main; not begun: text", {"cut_upload_after": 0}),
        ("text", "published before it: main, messages", {"status": 403}),
    ],
    ids=["broken", "somebody else", "out of reach", "refused"],
)
def test_a_failure_says_which_branches_were_published_before_it(
    three: list[str],
    api: HfApi,
    at_the_hub: LoopbackHub,
    waits: Waits,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    others: str,
    fault: dict[str, Any],
) -> None:
    monkeypatch.setattr("mixbuild.publish.hub.push.client", lambda: api)
    monkeypatch.setattr("mixbuild.publish.hub.push.verify_repo", lambda *_, **__: ("", []))
    commit = f"POST /api/datasets/{REPO}/commit/{name}"
    at_the_hub.fail(commit, times=1000, **fault)
    error = pushed(three)
    assert error.startswith(REPO)
    assert error.endswith(f" (on the branch {name}; {others})")
    assert "\n" not in error
    every = ["main", "messages", "text"]

    def held() -> list[str]:
        refs = {each.name for each in api.list_repo_refs(REPO, repo_type="dataset").branches}
        return [
            each
            for each in every
            if each in refs and "manifest.json" in at_the_hub.files(REPO, each)
        ]

    assert held() == every[: every.index(name)]
    while at_the_hub.orders.next_fault(commit):
        pass  # the fault is over
    assert pushed(three) == ""
    assert held() == every
    assert [len(at_the_hub.commits(REPO, each)) for each in every] == [2, 2, 2]


@pytest.mark.parametrize(
    ("there", "of_it"),
    [
        (
            {"manifest.json": b"{"},
            "manifest.json: expected JSON, got something else",
        ),
        ({"README.md": b"---\nconfigs: [\n---\n"}, "README.md"),
        ({"mix.py": b""}, "mix.py"),
    ],
    ids=["manifest", "card", "script"],
)
def test_what_a_further_branch_refuses_is_refused_before_the_first_is_pushed(
    three: list[str],
    api: HfApi,
    at_the_hub: LoopbackHub,
    monkeypatch: pytest.MonkeyPatch,
    there: dict[str, bytes],
    of_it: str,
) -> None:
    monkeypatch.setattr("mixbuild.publish.hub.branches.client", lambda: api)
    api.create_repo(REPO, repo_type="dataset")
    api.create_branch(REPO, branch="text", repo_type="dataset")
    at_the_hub.upload(REPO, there, revision="text")
    before = writes(at_the_hub)
    error = pushed(three)
    assert of_it in error
    assert error.endswith(" (on the branch text; nothing was published)")
    assert writes(at_the_hub) == before
    assert "\n" not in error


def test_a_dry_run_published_nothing_before_it_failed() -> None:
    names = [Branch(name, RowFormat(), ()) for name in ("main", "messages", "text")]
    with pytest.raises(HubError) as caught, naming_branch(names, 1, done="compared"):
        raise HubError("org/mix: refused")
    assert str(caught.value) == (
        "org/mix: refused (on the branch messages; compared before it: main; not begun: text)"
    )


def test_a_pull_request_is_opened_for_each_branch(
    three: list[str], api: HfApi, at_the_hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixbuild.publish.hub.push.client", lambda: api)
    assert pushed([*three, "--create-pr"]) == ""
    formats = [published(at_the_hub, f"refs/pr/{n}")["row_format"]["name"] for n in (1, 2, 3)]
    assert formats == ["prompt_completion", "messages", "text"]
    assert "manifest.json" not in at_the_hub.files(REPO, "main")


def made_by(out: Path, **formats: str) -> None:
    """Give configs of a build recipes that name formats."""
    path = out / "manifest.json"
    manifest = json.loads(path.read_text())
    for config, named in formats.items():
        manifest["configs"][config]["recipe"] = {"text": f"formats: {named}", "settings": []}
    path.write_text(json.dumps(manifest))


def test_two_recipes_have_one_format_with_the_same_options(builds: Builds, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(builds("squad", "imdb").out, out)
    made_by(out, squad="[messages, {name: alpaca, marker: keep}]", imdb="[{name: messages}]")
    main = Branch("main", RowFormat(), ())
    messages = Branch("messages", RowFormat("messages"), ("imdb", "squad"))
    alpaca = Branch("alpaca", RowFormat("alpaca", marker="keep"), ("squad",))
    assert branches(out) == [main, messages, alpaca]
    assert branches(out, only=["imdb"]) == [
        dataclasses.replace(main, configs=("imdb",)),
        dataclasses.replace(messages, configs=("imdb",)),
    ]
    made_by(out, squad="[messages]", imdb="[{name: messages, system: Be brief.}]")
    with pytest.raises(UsageError) as caught:
        branches(out)
    assert str(caught.value) == (
        "imdb and squad: expected messages with the same marker and system message in both of "
        "their recipes, got others; push each with --only and --as messages, to a branch of its "
        "own with --revision"
    )
