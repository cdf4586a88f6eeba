"""cli: what a person types, what they see, and the one line that says what went wrong."""

from __future__ import annotations

import itertools
import json
import os
import pty
import re
import resource
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import psutil
import pytest
from conftest import ROOT, Build, imdb_rows, write_parquet
from hub_server import LoopbackHub
from mixbuild import __version__
from mixbuild.cli import main as cli
from mixbuild.cli.terminal import console
from mixbuild.cli.terminal.console import PROGRAM
from mixbuild.core import files
from mixbuild.core.errors import UsageError
from mixbuild.core.files import partial_path
from mixbuild.declare.licence import PERMISSIVE, licence
from mixbuild.declare.task import Task
from mixbuild.make.manifest import expect
from mixbuild.make.plan import Request, plan
from mixbuild.tasks import ALL, find

KNOWN = ", ".join(task.name for task in ALL)


LINES = [
    [
        task.name,
        task.source.license,
        task.source.repo,
        str(len(task.templates)),
        ", ".join(task.splits),
    ]
    for task in ALL
]


@pytest.mark.parametrize(
    ("width", "columns"), [(None, 5), (160, 5), (90, 4), (80, 3), (40, 2), (20, 1), (9, 1)]
)
def test_list_cuts_no_name_whatever_the_width(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    width: int | None,
    columns: int,
) -> None:
    if width:
        monkeypatch.setattr(console.out, "width", width)
    assert cli.run(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    if columns < 5:
        assert lines[-2:] == ["", "templates, splits and more of one: python build list TASK"]
        lines = lines[:-2]
    assert max(map(len, lines[:1])) <= max(width or 160, 20)
    assert lines[0].split() == ["task", "licence", "source", "templates", "splits"][:columns]
    shown = [re.split("  +", line.strip()) for line in lines[1:] if line.startswith(" ")]
    assert shown == [line[:columns] for line in LINES]
    families = [line for line in lines[1:] if not line.startswith(" ")]
    assert families == list(dict.fromkeys(task.family for task in ALL))


def test_list_tells_all_of_one_task(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["list", "imdb"]) == 0
    task = find("imdb")
    templates = "".join(
        f"    {each.name}{' (asks for what the source gives)' if each.inverted else ''}\n"
        for each in task.templates
    )
    limits = "".join(f"  limits      {each}\n" for each in task.source.limits)
    assert capsys.readouterr().out == (
        "imdb\n"
        "  family      sentiment\n"
        "  source      https://huggingface.co/datasets/stanfordnlp/imdb\n"
        "  its config  plain_text\n"
        "  licence     other (unknown)\n"
        "  languages   en\n"
        "  splits      train, test\n"
        "  benchmark   test is what evaluators ask as imdb: not to be trained on\n"
        f"{limits}"
        "  templates   12; python build show imdb shows what they make\n"
        f"{templates}"
    )


def _kind(task: Task) -> str:
    return licence(task.source.license).kind


@pytest.mark.parametrize(
    ("options", "fits"),
    [
        (["--family", "topic"], lambda task: task.family == "topic"),
        (
            ["--licences", "permissive"],
            lambda task: licence(task.source.license).kind == PERMISSIVE,
        ),
        (["--licences", "MIT,CC-BY-4.0"], lambda task: task.source.license in ("mit", "cc-by-4.0")),
        (["--language", "de"], lambda task: task.name == "opus_de_en"),
        (["squad", "gsm8k", "--licences", "mit"], lambda task: task.name == "gsm8k"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_list_as_json_says_all_that_is_declared_of_the_tasks_that_fit(
    capsys: pytest.CaptureFixture[str], options: list[str], fits: Callable[[Task], bool]
) -> None:
    assert cli.run(["list", "--json", *options]) == 0
    told = capsys.readouterr()
    found = json.loads(told.out)
    expected = [task for task in ALL if fits(task)]
    assert [each["name"] for each in found] == [task.name for task in expected]
    assert len(expected) > 0
    for each, task in zip(found, expected, strict=True):
        assert each["templates"] == [
            {
                "name": one.name, "text": one.text,
                "language": one.language, "inverted": one.inverted,
            }
            for one in task.templates
        ]  # fmt: skip
        assert (each["splits"], each["source"]) == (dict(task.splits), task.source.repo)
        assert each["benchmarks"] == dict(task.benchmarks)


@pytest.mark.parametrize(
    ("arguments", "note", "made"),
    [
        (
            ["squad", "imdb", "gsm8k", "--licences", "permissive,share-alike"],
            "--licences permissive,share-alike: 1 of 3 tasks left out: imdb (other: unknown)",
            ["squad/train", "squad/validation", "gsm8k/train", "gsm8k/test"],
        ),
        (
            ["squad", "imdb", "gsm8k", "--split", "test", "--split", "validation"],
            None,
            ["squad/validation", "imdb/test", "gsm8k/test"],
        ),
        (
            ["squad", "imdb", "gsm8k", "--split", "validation"],
            "--split validation: 2 of 3 tasks left out: imdb, gsm8k",
            ["squad/validation"],
        ),
        (
            ["squad", "sst2", "--templates", "terse", "--split", "train", "--split", "validation"],
            "--templates terse: 1 of 2 tasks left out: sst2",
            ["squad/train", "squad/validation"],
        ),
    ],
    ids=["licences", "some split each", "split", "template"],
)
def test_make_skips_what_does_not_fit_and_says_so(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    note: str | None,
    made: list[str],
) -> None:
    assert cli.run(["make", *arguments, "--samples", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().err == (f"note: {note}\n" if note else "")
    found = expect(tmp_path).configs
    splits = [f"{name}/{split}" for name, config in found.items() for split in config.splits]
    assert sorted(splits) == sorted(made)


def test_what_is_asked_of_a_build_without_the_command_is_held_to_the_tasks(tmp_path: Path) -> None:
    tasks = [find("squad"), find("imdb")]
    with pytest.raises(UsageError, match="unknown split 'tset'; did you mean 'test'"):
        plan(tasks[1], Request(tasks, tmp_path, {"imdb": "samples"}, splits=("tset", "train")))


def test_make_shows_what_it_made_and_a_row(build: Build, tmp_path: Path) -> None:
    three = ("squad", "imdb", "billsum", "--samples", "--out", tmp_path / "out")
    done = build("make", *three)
    assert (done.returncode, done.stderr) == (0, "")
    table, *rows = done.stdout.split("\n\n")
    assert table == (
        "config   split       rows read  rows  shards    MB  left out\n"
        "squad    train              19    17       1  0.01  1 no answer, 1 null question\n"
        "squad    validation         18    15       1  0.01  "
        "1 no answer, 1 null answers, 1 null question\n"
        "imdb     train              18    15       1  0.01  1 null text, 2 unlabelled\n"
        "imdb     test               18    17       1  0.02  1 null text\n"
        "billsum  train              15    13       1  0.01  1 empty summary, 1 null summary\n"
        "billsum  test               15    13       1  0.01  1 empty summary, 1 null text\n"
        "billsum  ca_test            15    13       1  0.01  1 empty summary, 1 null summary"
    )
    assert rows[0].startswith("squad/train/train.jsonl:0  seed  samples/squad@")
    assert len(rows) == 2
    assert rows[-1] == f"{tmp_path}/out/manifest.json: 7 shards rendered, 0 kept\n"
    again = build("make", *three)
    assert again.stdout == (
        f"{table}\n\n{tmp_path}/out/manifest.json: nothing to do, all 7 shards are up to date\n"
    )


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (
            ["make", "sqad"],
            2,
            f"unknown task 'sqad'; did you mean 'squad' or 'squad_v2'? Known: {KNOWN}",
        ),
        (["show", "xyz"], 2, f"unknown task 'xyz'. Known: {KNOWN}"),
        (
            ["lsit"],
            2,
            f"unknown command 'lsit'; did you mean 'list'? Known: {', '.join(cli.COMMANDS)}",
        ),
        (
            ["make", "imdb", "--samples", "--templates", "ters"],
            2,
            "task 'imdb': unknown template 'ters'; did you mean 'terse'? Known: "
            + ", ".join(template.name for template in find("imdb").templates),
        ),
        (
            ["make", "imdb", "--samples", "--split", "validation"],
            2,
            "task 'imdb': unknown split 'validation'. Known: train, test",
        ),
        (["make", "imdb", "--samples", "--max-rows", "0"], 2, None),
        (
            ["make", "imdb", "--samples", "--engine", "spark"],
            2,
            "unknown engine 'spark'. Known: processes, dask",
        ),
        (["make", "imdb", "--source", "imdb"], 2, None),
        (
            ["make", "imdb", "--source", "squad=."],
            2,
            "--source squad=.: squad is not among the tasks asked for",
        ),
        (["mak"], 2, None),
        (["make", "imdb", "--samples", "--seed", "x"], 2, None),
        (["make", "opus_de_en", "--samples", "--language", "de"], 2,
         "task 'opus_de_en': no template in the language 'de'; its template 'seed' is in en"),
        (["list", "--language", "d"], 2, "unknown language 'd'; did you mean 'de'? Known: en, de"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_wrong_usage_is_one_line_and_leaves_nothing(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
    message: str | None,
) -> None:
    if arguments[0] == "make":
        arguments = [*arguments, "--out", str(tmp_path / "out")]
    assert cli.run(arguments) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    assert message is None or captured.err == f"error: {message}\n"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("file", "File exists"),
        ("file/out", "Not a directory"),
    ],
    ids=["a file", "below a file"],
)
def test_an_output_that_cannot_be_written_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], place: str, reason: str
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert cli.run(["make", "imdb", "--samples", "--out", str(tmp_path / place)]) == 1
    assert capfd.readouterr().err == (
        f"error: {tmp_path}/{place}: cannot be written ({reason}); choose another --out, "
        "then run the same command: finished units are kept\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_help_and_the_catalog_load_nothing_that_takes_its_time() -> None:
    commands = [["list"], ["list", "--markdown"], ["--help"]]
    commands += [[name, "--help"] for name in cli.COMMANDS]
    code = (
        "import sys\n"
        "from mixbuild.cli.main import run\n"
        f"assert not any(run(each) for each in {commands})\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT / "build")},
        capture_output=True,
        text=True,
        check=True,
    )
    slow = {"datasets", "pandas", "matplotlib", "stamina"}
    assert slow & set(done.stderr.split()) == set(), "in a declaration, say constant(0) for 0"


@pytest.mark.parametrize("options", [[], ["--num-proc", "2"]], ids=["threads", "processes"])
def test_a_file_too_large_for_the_disk_is_said_in_one_line(
    tmp_path: Path, options: list[str]
) -> None:
    folder = tmp_path / "mirror"
    write_parquet(folder / "train.parquet", imdb_rows(20_000))
    write_parquet(folder / "test.parquet", imdb_rows(10))
    command = [sys.executable, str(ROOT / "build"), "make", "imdb", "--source", f"imdb={folder}"]
    command += ["--out", str(tmp_path / "out"), *options]

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    done = subprocess.run(
        command, capture_output=True, text=True, preexec_fn=small_files, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {tmp_path}/out/.units/")
    assert done.stderr.endswith(
        "cannot be written (File too large); make room or choose another --out, then run the "
        "same command: finished units are kept\n"
    )
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out/manifest.json").exists()
    assert not list((tmp_path / "out").rglob("*.partial"))
    assert not list((tmp_path / "out").glob("imdb/*"))
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (again.returncode, again.stderr) == (0, "")


def test_a_full_disk_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def on_a_full_disk(path: Path) -> Path:
        partial = partial_path(path)
        if path.suffix == ".arrow":
            partial.symlink_to("/dev/full")
        return partial

    monkeypatch.setattr(files, "partial_path", on_a_full_disk)
    assert cli.run(["make", "imdb", "--samples", "--out", str(tmp_path / "out")]) == 1
    message = capsys.readouterr().err
    assert "cannot be written (No space left on device)" in message
    assert message.count("\n") == 1
    assert not (tmp_path / "out/manifest.json").exists()


@pytest.mark.parametrize("options", [[], ["--num-proc", "2"]], ids=["threads", "processes"])
def test_ctrl_c_is_said_in_one_line_and_leaves_no_process(
    tmp_path: Path, options: list[str]
) -> None:
    folder = tmp_path / "mirror"
    for index in range(8):
        write_parquet(folder / f"train-{index:05d}-of-00008.parquet", imdb_rows(20_000))
    write_parquet(folder / "test.parquet", imdb_rows(10))
    command = [sys.executable, str(ROOT / "build"), "make", "imdb", "--templates", "all"]
    command += ["--source", f"imdb={folder}", "--out", str(tmp_path / "out"), *options]
    process = subprocess.Popen(
        command, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not list((tmp_path / "out/.units").glob("*.json")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGINT)  # as the terminal does, to all of them
    output, message = process.communicate(timeout=30)
    assert (process.returncode, output, message) == (
        1,
        "",
        # the first line ends the one in which the terminal shows ^C
        "\nerror: interrupted; finished units are kept, run the same command to go on\n",
    )
    deadline = time.monotonic() + 10  # multiprocessing's own helper takes a moment to see the end
    while left := [each for each in psutil.process_iter() if _session(each.pid) == process.pid]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)
    assert not (tmp_path / "out/manifest.json").exists()


@pytest.mark.parametrize("command", ["make", "show"])
def test_ctrl_c_ends_what_waits_for_a_silent_hub(tmp_path: Path, command: str) -> None:
    asked, answer, requests = threading.Event(), threading.Event(), itertools.count(1)
    with LoopbackHub(tmp_path / "hub") as hub:
        for split in ("train", "test"):
            path = write_parquet(tmp_path / f"{split}.parquet", imdb_rows(500))
            hub.upload("org/mirror", {path.name: path.read_bytes()})

        def fall_silent() -> None:
            if next(requests) > 3:  # the footers are there, and the rows are asked for
                asked.set()
                answer.wait(timeout=300)

        hub.before("GET /datasets/org/mirror/resolve/", fall_silent, times=100)
        more = ["--allow-drift", "--out", str(tmp_path / "out")] if command == "make" else []
        process = subprocess.Popen(
            [
                sys.executable,
                str(ROOT / "build"),
                command,
                "imdb",
                "--source",
                "imdb=org/mirror",
                *more,
            ],
            env={**os.environ, **hub.environment(tmp_path / "home")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert asked.wait(timeout=60)
            process.send_signal(signal.SIGINT)
            _, message = process.communicate(timeout=60)
        finally:
            answer.set()
            process.kill()
    assert (process.returncode, message) == (
        1,
        "\nerror: interrupted; finished units are kept, run the same command to go on\n",
    )


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None


def test_a_terminal_sees_a_progress_bar_and_a_pipe_does_not(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "build"), "make", "squad", "--samples", "--out"]
    piped = subprocess.run([*command, tmp_path / "a"], capture_output=True, text=True, check=True)
    assert piped.stderr == ""
    parent, child = pty.openpty()
    subprocess.run(
        [*command, tmp_path / "b"], stdout=subprocess.DEVNULL, stderr=child, check=True,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100", "HF_HUB_DISABLE_PROGRESS_BARS": "0"},
    )  # fmt: skip
    os.close(child)
    seen = b""
    try:
        while chunk := os.read(parent, 65536):
            seen += chunk
    except OSError:  # Linux says so when the other side is closed
        pass
    os.close(parent)
    assert b"rendering" in seen
    assert b"2 of 2 units, 32 rows, " in seen


def test_a_reader_that_closes_the_pipe_is_no_traceback(build: Build) -> None:
    command = [sys.executable, str(ROOT / "build"), "show", "imdb", "--rows", "18"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == ""
    assert process.wait(timeout=60) == 1


HEAVY = {"datasets", "matplotlib", "huggingface_hub"}
"""A second and more to import."""


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["--help"], HEAVY | {"pandas"}),
        (["--version"], HEAVY | {"pandas"}),
        (["list"], HEAVY | {"pandas", "pyarrow.parquet", "mixbuild.sources"}),
        (["make", "--help"], HEAVY),
        (["check", "--help"], HEAVY),
    ],
    ids=["help", "version", "list", "make", "check"],
)
def test_a_command_imports_no_more_than_it_shows(arguments: list[str], heavy: set[str]) -> None:
    code = (
        f"import sys; from mixbuild.cli import main; main.run({arguments}); "
        f"print({heavy} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "build")},
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "set()"


def test_a_command_that_makes_rows_imports_no_pandas_and_whoever_needs_it_can() -> None:
    code = (
        "import atexit, sys\n"
        "from mixbuild.cli.main import main\n"
        "def tell():\n"
        f"    print({HEAVY | {'pandas'}} & set(sys.modules))\n"
        "    import pandas\n"
        "    print(pandas.Series([7]).sum())\n"
        "atexit.register(tell)\n"
        "main(['show', 'imdb', '--rows', '1'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "build")},
    )  # fmt: skip
    assert done.stdout.splitlines()[-2:] == ["set()", "7"]


def test_help_names_every_command(build: Build) -> None:
    done = build("--help")
    assert done.returncode == 0
    for command, (_, does) in cli.COMMANDS.items():
        assert f"  {command:9}{does}\n" in done.stdout
        whole = cli.commands.get_command(click.Context(cli.commands), command)
        assert whole is not None
        assert whole.name == command
    assert build("--version").stdout == f"instruct-mix, version {__version__}\n"


def examples(command: click.Command, said: str) -> Iterator[tuple[click.Command, str, list[str]]]:
    """What the help of a command, and of those below it, shows as typed by a person."""
    for line in (command.epilog or "").splitlines()[2:]:
        assert len(f"  {line}") <= 80
        typed = line.removeprefix(f"  {PROGRAM} ")
        assert typed.startswith(said)
        yield command, said, shlex.split(typed.removeprefix(said))
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            if (each := command.get_command(context, name)) is not None:
                yield from examples(each, f"{said} {name}".lstrip())


def test_every_example_of_a_help_can_be_typed_and_fits_a_terminal() -> None:
    found = list(examples(cli.commands, ""))
    assert {said for _, said, _ in found} > {"", "make", "push", "lock", "new", "mix plan"}
    parsed = [(said, each.make_context(said, words).params) for each, said, words in found if said]
    # one folder is obvious where none is named
    assert ("trace", "out") in {(said, params.get("place")) for said, params in parsed}


def test_a_terminal_that_cannot_show_a_text_is_no_failure(build: Build, tmp_path: Path) -> None:
    folder = tmp_path / "mirror"
    write_parquet(folder / "train.parquet", [{"text": "Un café, s'il vous plaît.", "label": 1}])
    write_parquet(folder / "test.parquet", [{"text": "No.", "label": 0}])
    done = build(
        "make", "imdb", "--source", f"imdb={folder}", "--out", tmp_path / "out",
        env={"PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "Un caf\\xe9" in done.stdout


def test_no_command_shows_the_help(build: Build) -> None:
    done = build()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: python build")


@pytest.mark.parametrize("signal_sent", [signal.SIGKILL, signal.SIGTERM])
def test_workers_do_not_outlive_what_started_them(tmp_path: Path, signal_sent: int) -> None:
    folder = tmp_path / "mirror"
    for index in range(8):
        write_parquet(folder / f"train-{index:05d}-of-00008.parquet", imdb_rows(20_000))
    command = [sys.executable, str(ROOT / "build"), "make", "imdb", "--templates", "all"]
    command += ["--source", f"imdb={folder}", "--split", "train", "--num-proc", "2"]
    process = subprocess.Popen(
        [*command, "--out", str(tmp_path / "out")], start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list((tmp_path / "out/.units").glob("*.json")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal_sent)  # to it alone, as `kill` does
    process.wait(timeout=30)
    deadline = time.monotonic() + 15
    while left := [each for each in psutil.process_iter() if _session(each.pid) == process.pid]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)
