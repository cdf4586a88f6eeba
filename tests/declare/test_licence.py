"""Licences: a table that can be trusted, and nothing published that nobody has named."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_server import LoopbackHub
from mixbuild.cli import main as cli
from mixbuild.core.errors import LicenceError, UsageError
from mixbuild.core.resources import read_project_file
from mixbuild.declare.licence import (
    HELD_BACK,
    KINDS,
    LICENCES,
    NO_DERIVATIVES,
    NON_COMMERCIAL,
    POLICY,
    SHARE_ALIKE,
    UNKNOWN,
    Licence,
    chosen_licences,
    licence,
    policy,
    refuse_held_back,
)
from mixbuild.make.plan import Request
from mixbuild.make.run import make
from mixbuild.publish import plots
from mixbuild.publish.card import write as card
from mixbuild.publish.release import write_local_card
from mixbuild.tasks import ALL, find
from packaging.licenses import canonicalize_license_expression
from prove.proving import IMDB, TOKEN, Run, read_manifest

pytest_plugins = ["prove.proving"]


@pytest.mark.parametrize("each", LICENCES.values(), ids=lambda each: each.identifier)
def test_the_table_spells_each_licence_as_spdx_and_the_hub_do(each: Licence) -> None:
    assert LICENCES[each.identifier] is each
    assert re.fullmatch(r"[a-z0-9]+([.-][a-z0-9]+)*", each.identifier)
    if each.spdx is None:
        assert each.flags == {UNKNOWN}
        assert each.url is None
        return
    assert canonicalize_license_expression(each.spdx) == each.spdx
    assert each.spdx.lower().startswith(each.identifier)
    assert each.url is not None
    assert re.fullmatch(r"https://[a-z.]+\.org/\S+", each.url)
    assert UNKNOWN not in each.flags


@pytest.mark.parametrize("each", LICENCES.values(), ids=lambda each: each.identifier)
def test_flags_follow_from_the_name(each: Licence) -> None:
    parts = each.identifier.split("-")
    creative = parts[0] == "cc"
    assert (NON_COMMERCIAL in each.flags) == (creative and "nc" in parts)
    assert (NO_DERIVATIVES in each.flags) == (creative and "nd" in parts)
    expected = (creative and "sa" in parts) or each.identifier in ("odbl", "gpl-3.0")
    assert (SHARE_ALIKE in each.flags) == expected
    assert each.held_back == bool(each.flags & {NON_COMMERCIAL, NO_DERIVATIVES, UNKNOWN})
    if creative:
        kind, version = "-".join(parts[1:-1]), parts[-1]
        assert each.url == f"https://creativecommons.org/licenses/{kind}/{version}/"


@pytest.mark.parametrize(
    ("identifier", "held_back"),
    [
        ("mit", False),
        ("apache-2.0", False),
        ("cc0-1.0", False),
        ("cc-by-4.0", False),
        ("cc-by-sa-3.0", False),
        ("odc-by", False),
        ("cc-by-nc-4.0", True),
        ("cc-by-nc-sa-2.0", True),
        ("cc-by-nd-4.0", True),
        ("cc-by-nc-nd-4.0", True),
        ("other", True),
        ("unknown", True),
        ("c-uda", True),
        ("MIT", True),
        ("cc-by-4.1", True),
        ("mit, cc-by-nc-4.0", True),
        ("", True),
    ],
)
def test_what_is_not_in_the_table_is_held_back(identifier: str, held_back: bool) -> None:
    assert licence(identifier).held_back is held_back
    if identifier not in LICENCES:
        assert licence(identifier).flags == {UNKNOWN}


def test_the_policy_names_imdb_with_its_licence_and_the_reason_and_no_other() -> None:
    assert policy().keys() == {IMDB}
    named = policy()[IMDB]
    assert named.keys() == {"license", "reason"}
    assert named["license"] == find("imdb").source.license == "other"
    assert len(named["reason"]) > 100
    assert "cited" in named["reason"]


def test_the_policy_names_only_sources_that_are_held_back_and_are_read() -> None:
    declared = {task.source.repo: task.source.license for task in ALL}
    for repo, named in policy().items():
        assert declared[repo] == named["license"]
        assert licence(named["license"]).held_back, "there is nothing to name"
    assert json.loads(read_project_file(POLICY)).keys() == {"about", "named"}


def entry(repo: str, identifier: str) -> tuple[str, str]:
    return repo, identifier


def refused(*allowed: str, **tasks: tuple[str, str]) -> str | None:
    """What a push of these tasks is told."""
    try:
        refuse_held_back(((name, *each) for name, each in tasks.items()), allowed=allowed)
    except LicenceError as error:
        return str(error)
    return None


def test_imdb_passes_under_its_very_licence_alone() -> None:
    assert refused(imdb=entry(IMDB, "other")) is None
    assert refused(imdb=entry(IMDB, "mit")) is None
    for identifier in ("unknown", "cc-by-nc-4.0", "other ", ""):
        assert refused(imdb=entry(IMDB, identifier)) is not None
    assert refused(imdb=entry("someone/imdb", "other")) is not None, "another source of that name"


def test_what_is_held_back_is_named_and_passes_only_by_its_own_name() -> None:
    tasks = {
        "one": entry("a/one", "cc-by-nc-nd-4.0"),
        "imdb": entry(IMDB, "other"),
        "two": entry("a/two", "c-uda"),
        "three": entry("a/three", "cc-by-nc-nd-4.0"),
        "four": entry("a/four", "mit"),
    }
    assert refused(**tasks) == (
        "expected licences that may be published, got one, three: cc-by-nc-nd-4.0 "
        "(no-derivatives, non-commercial); two: c-uda (unknown); leave these configs out, name the "
        "source in build/licence_policy.json, or say --allow-licences cc-by-nc-nd-4.0,c-uda"
    )
    assert "c-uda (unknown)" in str(refused("cc-by-nc-nd-4.0", **tasks))
    assert "one, three" not in str(refused("cc-by-nc-nd-4.0", **tasks))
    assert refused("cc-by-nc-nd-4.0", "c-uda", **tasks) is None
    for others in ("unknown", "cc-by-nc-4.0"):
        assert refused(others, **tasks) == refused(**tasks)
    for none in ("non-commercial", "C-UDA", "mti"):
        with pytest.raises(UsageError, match=f"^unknown licence '{none}'"):
            refused(none, **tasks)
    assert refused() is None


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        (["permissive"], {"mit", "cc0-1.0"}),
        (["attribution", "share-alike"], {"cc-by-4.0", "odbl"}),
        (["non-commercial", "No-Derivatives"], {"cc-by-nc-sa-4.0", "cc-by-nd-4.0"}),
        (["unknown"], {"other", "c-uda"}),
        (["CC-BY-4.0", "C-UDA", "ODbL-1.0"], {"cc-by-4.0", "c-uda", "odbl"}),
        (["apache-2.0"], {"apache-2.0"}),
        ([], set()),
    ],
    ids=lambda value: ",".join(sorted(value)),
)
def test_licences_are_chosen_by_kind_and_by_either_name(words: list[str], chosen: set[str]) -> None:
    known = ["mit", "cc0-1.0", "cc-by-4.0", "odbl", "cc-by-nc-sa-4.0", "cc-by-nd-4.0", "other"]
    assert chosen_licences(words, [*known, "c-uda"]) == chosen


def test_every_licence_is_of_one_kind() -> None:
    assert {each.kind for each in LICENCES.values()} == set(KINDS)
    assert all(each.held_back == (each.kind in HELD_BACK) for each in LICENCES.values())


@pytest.mark.parametrize("options", [["--licences", "permisive"], ["--licences", " , "]])
def test_make_refuses_a_licence_that_there_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    out = tmp_path / "out"
    assert cli.run(["make", "imdb", "--samples", "--out", str(out), *options]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "did you mean 'permissive'? Known: permissive, attribution" in told or "got none" in told
    assert not out.exists()


def test_make_with_nothing_left_under_a_licence_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    assert cli.run(["make", "imdb", "squad", "--samples", "--out", out, "--licences", "mit"]) == 2
    assert capsys.readouterr().err == (
        "error: --licences mit: none of the tasks asked for is under them\n"
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of the samples of three licences: one in the policy, one free, one held back."""
    out = tmp_path_factory.mktemp("licences") / "out"
    tasks = ("imdb", "squad", "rotten_tomatoes")
    make(Request([find(task) for task in tasks], out, dict.fromkeys(tasks, "samples")))
    return out


@pytest.mark.parametrize("options", [[], ["--dry-run"], ["--allow-licences", "other,cc-by-nc-4.0"]])
def test_a_push_of_what_nobody_named_ends_before_any_request(
    served: LoopbackHub, run: Run, built: Path, options: list[str]
) -> None:
    asked, before = len(served.log), sorted(built.rglob("*"))
    assert run.error("push", "org/licences", "--out", built, *options, HF_TOKEN=TOKEN) == (
        "expected licences that may be published, got rotten_tomatoes: unknown; leave these "
        "configs out, name the source in build/licence_policy.json, or say --allow-licences unknown"
    )
    assert len(served.log) == asked
    assert not served.store.exists("org/licences")
    assert sorted(built.rglob("*")) == before, "nothing was exported either"


def test_a_push_of_what_was_named_goes_on(served: LoopbackHub, run: Run, built: Path) -> None:
    arguments = ("push", "org/licences", "--out", built, "--dry-run")
    told = run.ok(*arguments, "--allow-licences", "unknown", HF_TOKEN=TOKEN)
    assert "org/licences@main: to become version 1.0.0" in told


def test_the_licence_that_counts_is_that_of_the_build(
    served: LoopbackHub, run: Run, built: Path, tmp_path: Path
) -> None:
    """A task may be declared otherwise by now; what lies in the folder is under what it was."""
    manifest = json.loads((built / "manifest.json").read_text("utf-8"))
    only = {"squad": manifest["configs"]["squad"]}
    only["squad"]["made_of"]["source"]["license"] = "cc-by-nc-sa-4.0"
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "configs": only}), "utf-8")
    (tmp_path / "squad").symlink_to(built / "squad")
    told = run.error("push", "org/licences", "--out", tmp_path, HF_TOKEN=TOKEN)
    assert "got squad: cc-by-nc-sa-4.0 (non-commercial, share-alike); " in told


@pytest.fixture(scope="module")
def text(built: Path) -> Iterator[str]:
    """The card of that build."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(plots, "rows_plot", lambda data: b"a PNG")
        patched.setattr(plots, "lengths_plot", lambda data: b"another PNG")
        *_, written = write_local_card(built, repo="org/mix")
        yield written.read_text("utf-8")


def test_the_card_has_a_table_of_the_licences(text: str) -> None:
    url = LICENCES["cc-by-sa-4.0"].url
    assert (
        "| licence | to heed | configs |\n"
        "| --- | --- | --- |\n"
        f"| [CC-BY-SA-4.0]({url}) | share-alike | `squad` |\n"
        "| other | unknown | `imdb` |\n"
        "| unknown | unknown | `rotten_tomatoes` |\n"
    ) in text
    assert card.split_card(text)[0]["license"] == ["cc-by-sa-4.0", "other", "unknown"]


def test_the_card_gives_the_reason_beside_the_source_that_is_named(
    text: str, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = policy()[IMDB]["reason"]
    assert text.count(reason) == 1
    link = f"[{IMDB}](https://huggingface.co/datasets/{IMDB})"
    assert f"`imdb`: {link}, other: {reason}\n" in text
    tasks = read_manifest(built)
    tasks["imdb"]["made_of"]["source"]["license"] = "cc-by-nc-4.0"
    manifest = json.loads((built / "manifest.json").read_text("utf-8"))
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "configs": tasks}), "utf-8")
    for task in tasks:
        (tmp_path / task).symlink_to(built / task)
    monkeypatch.setattr(plots, "rows_plot", lambda data: b"a PNG")
    monkeypatch.setattr(plots, "lengths_plot", lambda data: b"another PNG")
    *_, written = write_local_card(tmp_path, repo="org/mix")
    assert f"`imdb`: {link}, cc-by-nc-4.0\n" in written.read_text("utf-8"), "and no reason"
