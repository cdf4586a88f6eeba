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
class Held:
    def __del__(self):
        {signal}

def work(*_, **__):
    {work}

cli.commands.main = work
cli.main([])
"""


@pytest.mark.parametrize("sent", [INTERRUPT, TERMINATE], ids=["SIGINT", "SIGTERM"])
@pytest.mark.parametrize(
    ("work", "status", "told"),
    [
        ("{signal}", 1, TOLD),
        # errors are lost where an object is destroyed, and would be shown as a traceback
        ("Held(); time.sleep(30)", 1, TOLD),
        ("held = Held(); held.itself = held; del held; gc.collect(); time.sleep(30)", 1, TOLD),
        ("atexit.register(lambda: {signal})", 0, ""),
        ("weakref.finalize(work, lambda: {signal})", 0, ""),
        ("work.held = Held()", 0, ""),
    ],
    ids=["at work", "in a destructor", "in a collection", "atexit", "finalize", "the very end"],
)
def test_an_interrupt_is_told_or_changes_nothing(
    sent: str, work: str, status: int, told: str
) -> None:
    # as a shell does it for its jobs in the background
    ignore = "signal.signal(signal.SIGINT, signal.SIG_IGN); " if sent == TERMINATE else ""
    code = "import atexit, gc, signal, time, weakref; from mixbuild.cli import main as cli"
    code += f"\n{ignore}" + WORKING.format(signal=sent, work=work.format(signal=sent))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT / "build")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (status, "", told)
