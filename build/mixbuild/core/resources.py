"""Files of the project that are not code: beside it in a wheel, in their places in a checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parent.parent
CHECKOUT = PACKAGE.parent.parent

PLACES = {
    "dataset_card.md": "dataset_card.md",
    "licence_policy.json": "build/licence_policy.json",
    "recipes": "build/recipes",
    "sources.lock.json": "build/sources.lock.json",
}
"""Where each lies in a checkout."""


def project_file(name: str) -> Path:
    """Where a file of the project is, or a folder."""
    installed = PACKAGE / name
    return installed if installed.exists() else CHECKOUT / PLACES[name]


def in_checkout() -> bool:
    """Whether the project's files are those of a checkout, which may be written."""
    return not (PACKAGE / next(iter(PLACES))).is_file()


def read_project_file(name: str) -> str:
    """The text of a file of the project."""
    return project_file(name).read_text(encoding="utf-8")
