"""Commands as a person runs them, each in a process of its own that had nothing left to import.

``Commands`` starts this file as a program, which imports what commands stand on, once, and then
forks a process for each command that it is asked for: what the command takes is then the time of
what it does, not that of imports, which are nine tenths of it. The commands themselves are
imported after the fork, where the variables of the environment are those of whoever asks.

What only a whole Python of its own can show is run by ``subprocess``: how one starts and is
interrupted, what it imports, what the README says.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from subprocess import CompletedProcess
from types import SimpleNamespace
from typing import Any

BUILD = Path(__file__).parent.parent / "build"
AT_START = ("PYTHONIOENCODING", "HF_DEBUG", "HF_HUB_VERBOSITY", "DATASETS_VERBOSITY")
"""Variables that Python and the libraries read once, as they start: they need a whole process."""
SECONDS = 300
"""How long a command may take."""


class Running:
    """A command that was begun.

    Attributes:
        pid: of its process.
    """

    def __init__(self, arguments: list[str], told: socket.socket, streams: list[Any]) -> None:
        self.arguments, self._told, self._streams = arguments, told, streams
        self._lines = told.makefile("r")
        self.pid = int(self._lines.readline())

    def wait(self) -> CompletedProcess[str]:
        """Its exit status, or the negative number of the signal that ended it, and its outputs."""
        try:
            status = int(self._lines.readline())
        except TimeoutError:
            os.kill(self.pid, signal.SIGKILL)
            raise
        finally:
            self._lines.close()
            self._told.close()
        texts = []
        for stream in self._streams:
            with stream:
                stream.seek(0)
                texts.append(stream.read())
        return CompletedProcess(self.arguments, status, *texts)


class Commands:
    """Runs commands, as many at a time as there are threads that ask for one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._requests, self._served = socket.socketpair()

    def begin(self, *arguments: str | Path, env: Mapping[str, str], cwd: Path) -> Running:
        """Begin ``python build …`` with these variables, and no others, in that folder."""
        words = [str(BUILD), *map(str, arguments)]
        streams = [tempfile.TemporaryFile("w+", encoding="utf-8") for _ in range(2)]  # noqa: SIM115
        here, there = socket.socketpair()
        here.settimeout(SECONDS)
        asked = json.dumps({"words": words, "env": dict(env), "cwd": str(cwd)}) + "\n"
        with self._lock, there:
            self._begin_server()
            fds = [there.fileno(), *(each.fileno() for each in streams)]
            sent = socket.send_fds(self._requests, [asked.encode()], fds)
            self._requests.sendall(asked.encode()[sent:])
        return Running(words, here, streams)

    def run(
        self, *arguments: str | Path, env: Mapping[str, str], cwd: Path
    ) -> CompletedProcess[str]:
        """The same, and wait for it."""
        if any(env.get(name) != os.environ.get(name) for name in AT_START):
            return subprocess.run(
                [sys.executable, str(BUILD), *map(str, arguments)],
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        return self.begin(*arguments, env=env, cwd=cwd).wait()

    def end(self) -> None:
        """Whoever forks ends when nobody can ask any more."""
        self._requests.close()
        self._served.close()
        if self._process is not None:
            self._process.wait(timeout=30)

    def _begin_server(self) -> None:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(self._served.fileno())],
                pass_fds=[self._served.fileno()],
            )
            self._served.close()


def serve(requests: socket.socket) -> None:
    """Fork a process for each command that is asked for; tell its number, and how it ended."""
    running: dict[int, int] = {}  # whom to tell, by process

    def reap(*_: object) -> None:
        for pid in tuple(running):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                told = running.pop(pid)
                with contextlib.suppress(BrokenPipeError):  # nobody waits for it
                    os.write(told, b"%d\n" % os.waitstatus_to_exitcode(status))
                os.close(told)

    signal.signal(signal.SIGCHLD, reap)
    while True:
        data, (told, out, err) = _next(requests)
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for fd in (requests.fileno(), told, *running.values()):
                os.close(fd)
            os._exit(command(data, out, err))
        os.write(told, b"%d\n" % pid)
        running[pid] = told
        reap()  # it may have ended before it was known
        os.close(out)
        os.close(err)


def _next(requests: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """What is asked, and the files that came along."""
    data, fds = b"", []
    while not data.endswith(b"\n"):
        more, found, _, _ = socket.recv_fds(requests, 1 << 16, 3)
        if not more:
            sys.exit()
        data += more
        fds += found
    asked: dict[str, Any] = json.loads(data)
    return asked, fds


def load_here(replace: Callable[[Any, str, Any], None]) -> None:
    """Have what was pushed be loaded by the process that pushes, and not by workers.

    They take a second each to import ``datasets``. It is the way of a push whose client no other
    process can have; that workers do the same is shown by those that run a Python of their own.
    """
    from mixbuild.publish.hub import load, push

    replace(load, "can_travel", lambda _: False)
    replace(push, "loaders", lambda: nullcontext(SimpleNamespace(begin=lambda _: None)))


def command(asked: dict[str, Any], out: int, err: int) -> int:
    """In the process of the command: its exit status."""
    for fd, number in ((os.open(os.devnull, os.O_RDONLY), 0), (out, 1), (err, 2)):
        os.dup2(fd, number)
        os.close(fd)
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    sys.argv[:] = asked["words"]
    from huggingface_hub import constants, hf_api

    for name in (constants.__name__, "datasets.config"):  # they read the variables
        importlib.reload(sys.modules[name])
    hf_api.api.endpoint = constants.ENDPOINT
    load_here(setattr)
    try:
        from mixbuild.cli.entry import main

        main()
        return 0
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except BaseException:
        traceback.print_exc()
        return 70
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    sys.path[0] = str(BUILD)
    os.environ |= {"DATASETS_VERBOSITY": "critical", "HF_HUB_VERBOSITY": "error"}
    for name in (
        *("datasets", "matplotlib.pyplot", "click", "rich.console", "rich.progress", "rich.table"),
        *("mixbuild.author", "mixbuild.publish", "mixbuild.prove", "mixbuild.tasks.catalog"),
        *("mixbuild.publish.hub.push", "mixbuild.curate", "huggingface_hub.hf_file_system"),
    ):
        importlib.import_module(name)
    gc.freeze()  # what was imported is shared with those that are forked, and no garbage of theirs
    serve(socket.socket(fileno=int(sys.argv[1])))
