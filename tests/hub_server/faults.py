"""What a test orders to go wrong, or to happen, at requests that it names.

A pattern is searched in "METHOD path", spelled as in `LoopbackHub.log`.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass
class Fault:
    """One way to go wrong; `LoopbackHub.fail` says what each part does."""

    pattern: re.Pattern[str]
    times: int
    after: int
    status: int | None
    body: bytes
    headers: Mapping[str, str]
    delay_seconds: float
    cut_after: int | None
    cut_upload_after: int | None
    lose_answer: bool
    corrupt: bool


@dataclass
class _Hook:
    moment: str  # "before" or "after"
    pattern: re.Pattern[str]
    action: Callable[[], object]
    times: int


class Orders:
    """The faults and hooks that are still to come, each used up as often as it was ordered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._hooks: list[_Hook] = []

    def add_fault(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def add_hook(
        self, moment: str, pattern: str, action: Callable[[], object], *, times: int
    ) -> None:
        with self._lock:
            self._hooks.append(_Hook(moment, re.compile(pattern), action, times))

    def next_fault(self, request: str) -> Fault | None:
        """The fault that befalls `request`, "METHOD path", which uses it up once."""
        with self._lock:
            for fault in self._faults:
                if fault.times and fault.pattern.search(request):
                    if fault.after:
                        fault.after -= 1
                        return None
                    fault.times -= 1
                    return fault
        return None

    def run_hooks(self, moment: str, request: str) -> None:
        """Do what was ordered for `request`, without a lock: it may itself make requests."""
        with self._lock:
            due = [
                hook
                for hook in self._hooks
                if hook.times and hook.moment == moment and hook.pattern.search(request)
            ]
            for hook in due:
                hook.times -= 1
        for hook in due:
            hook.action()
