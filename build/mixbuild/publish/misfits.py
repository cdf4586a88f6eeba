"""What cannot be published, or not beside what is published already. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from mixbuild.core import ManifestError, VerifyError
from mixbuild.declare import RowFormat
from mixbuild.make import Built
from mixbuild.publish.manifest import Published, PublishedConfig


def refuse_misfits(
    repo: str,
    before: Published | None,
    configs: Mapping[str, Built | PublishedConfig],
    *,
    file_format: str,
    row_format: RowFormat,
) -> None:
    """Refuse configs that nobody could load, alone or beside those of other builds.

    Args:
        repo: where they would be published, ``org/name``.
        before: the manifest that is published now, if there is one.
        configs: those that would take the place of theirs.
        file_format: of their files.
        row_format: of their rows.

    Raises:
        ManifestError: what is published has its files or its rows in another format.
        VerifyError: a config has no rows.
    """
    for name, config in configs.items():
        # a split without rows is left out of what is loaded; a config would have none left
        if not any(each.rows for each in config.splits.values()):
            raise VerifyError(
                f"{name}: expected rows in one of its splits ({', '.join(config.splits)}), got "
                f"none, and datasets cannot load a config without rows; make a build without it, "
                f"or from a source that has rows for it"
            )
    if before is None:
        return
    others = before.configs.keys() - configs.keys()
    if before.file_format != file_format and others:
        raise ManifestError(
            f"{repo}: its configs are published as {before.file_format}, and all must be in one "
            f"format; push to another branch with --revision"
        )
    # all configs of a branch are read alike, and its readers know the name of the format
    if before.row_format.name != row_format.name:
        raise ManifestError(
            f"{repo}: its rows are published as {before.row_format.name}, got {row_format.name}; "
            f"push to another branch with --revision, or to another repo"
        )
    if before.row_format != row_format and others:
        raise ManifestError(
            f"{repo}: its {row_format.name} have another marker or system message than these; push "
            f"all its configs, or to another branch with --revision"
        )
