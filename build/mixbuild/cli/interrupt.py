"""Ctrl-C and SIGTERM: whenever one comes, it ends the command, and nothing of Python's is shown.

All but while Python itself is starting, which is a few hundredths of a second; so this module
imports next to nothing.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import time

INTERRUPTED = "interrupted; finished units are kept, run the same command to go on"

LATER = 0.05
"""Seconds until an interrupt that nobody could heed comes once more."""


def end_at_interrupts() -> None:
    """End at once at Ctrl-C and at SIGTERM: nothing was begun that there would be to tidy up.

    An error would be lost, or become another one, in some of the modules that are being imported.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a job may ignore it
        signal.signal(signal.SIGINT, _end)
    signal.signal(signal.SIGTERM, _end)


def _end(*_: object) -> None:
    os.write(2, f"\nerror: {INTERRUPTED}\n".encode())
    os._exit(1)


def heed_interrupts() -> None:
    """Raise KeyboardInterrupt at Ctrl-C and at SIGTERM, so that whatever was begun is tidied up."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.unraisablehook = _once_more


def ignore_interrupts() -> None:
    """Let the process end by itself, as it is about to: a signal would only spoil its status."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)


def _once_more(lost: sys.UnraisableHookArgs) -> None:
    """Repeat an interrupt that came while an object was being destroyed, where errors are lost."""
    if not issubclass(lost.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(lost)
        return
    # here it would be lost again; and whatever is destroyed may hold a lock of `threading`
    _thread.start_new_thread(_interrupt_later, ())


def _interrupt_later() -> None:
    time.sleep(LATER)
    os.kill(os.getpid(), signal.SIGTERM)  # a shell may have its jobs ignore SIGINT
