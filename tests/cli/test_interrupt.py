"""Ctrl-C at any moment ends a command with its one line, or comes too late to change anything."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from conftest import ROOT

TOLD = "error: interrupted; finished units are kept, run the same command to go on\n"

INTERRUPT = "signal.raise_signal(signal.SIGINT)"
TERMINATE = "signal.raise_signal(signal.SIGTERM)"

WORKING = """
from mixbuild.cli import main as cli

class Held:
    def __del__(self):
        {signal}

def work(*_, **__):
    {work}

cli.commands.main = work
cli.main([])
"""

BEGINNING = """
from mixbuild.cli import entry

class Interrupting:
    def find_spec(self, name, *_):
        if name == "numpy":
            {work}

sys.meta_path.insert(0, Interrupting())
entry.main()
"""


@pytest.mark.parametrize("sent", [INTERRUPT, TERMINATE], ids=["SIGINT", "SIGTERM"])
@pytest.mark.parametrize(
    ("work", "status", "told"),
    [
        # while modules are imported, some of which would make another error of it, or none
        ("try: {signal}\n            finally: raise ImportError", 1, f"\n{TOLD}"),
        ("{signal}", 1, TOLD),
        # after which the interpreter ends by SIGINT, whatever became of the error
        ('exec("{signal}")', 1, TOLD),
        # errors are lost where an object is destroyed, and would be shown as a traceback
        ("Held(); time.sleep(30)", 1, TOLD),
        ("held = Held(); held.itself = held; del held; gc.collect(); time.sleep(30)", 1, TOLD),
        ("atexit.register(lambda: {signal})", 0, ""),
        ("weakref.finalize(work, lambda: {signal})", 0, ""),
        ("work.held = Held()", 0, ""),
    ],
    ids=[
        "at the beginning",
        "at work",
        "in a text",
        "in a destructor",
        "in a collection",
        "atexit",
        "finalize",
        "the very end",
    ],
)
def test_an_interrupt_is_told_or_changes_nothing(
    sent: str, work: str, status: int, told: str
) -> None:
    # as a shell does it for its jobs in the background
    ignore = "signal.signal(signal.SIGINT, signal.SIG_IGN); " if sent == TERMINATE else ""
    code = f"import atexit, gc, signal, sys, time, weakref\n{ignore}"
    code += (BEGINNING if "ImportError" in work else WORKING).format(
        signal=sent, work=work.format(signal=sent)
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT / "build")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (status, "", told)
