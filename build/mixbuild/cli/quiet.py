"""What is not shown: the libraries' own messages, and our progress where nobody wants any."""

from __future__ import annotations

import os

YES = ("1", "ON", "YES", "TRUE")
"""How the Hub's client reads a variable that is set."""

SHOWS_PROGRESS = os.environ.get("HF_HUB_DISABLE_PROGRESS_BARS", "").upper() not in YES
"""Whoever switches off the bars of the Hub's client has none of ours either, and no lines."""

# they would stand beside our one line; read when the libraries are imported
os.environ.setdefault("DATASETS_VERBOSITY", "critical")
os.environ.setdefault("HF_HUB_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # ours show the whole
os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
