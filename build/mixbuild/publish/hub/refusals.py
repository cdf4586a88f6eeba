"""What of a push is refused before anything is written or sent, as far as that is known then."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from huggingface_hub import HfApi

from mixbuild.core import VerifyError, patiently, status_of
from mixbuild.declare import RowFormat, refuse_held_back
from mixbuild.make import MIXTURE, Built, SourceEntry
from mixbuild.publish.hub.client import asking
from mixbuild.publish.hub.plan import Seen, Target, see
from mixbuild.publish.hub.refs import tagged, taken
from mixbuild.publish.release import refuse_ahead


def refuse_build(
    configs: Mapping[str, Built], *, allow_licences: Collection[str], allow_mirrors: bool
) -> None:
    """Refuse what may not be published wherever it is.

    Raises:
        LicenceError: a licence is held back that nobody allowed.
        VerifyError: a config was made of a mirror that nobody else has.
    """
    refuse_held_back(
        ((name, source.repo, source.license) for name, source in _sources(configs)),
        allowed=allow_licences,
    )
    if not allow_mirrors:
        _refuse_mirrors(configs)


def _sources(configs: Mapping[str, Built]) -> Iterator[tuple[str, SourceEntry]]:
    """Every source, and the config that is made of it; of a mixture, ``mixture > task``."""
    for name, config in configs.items():
        for task, of in config.tasks.items():
            yield (name if config.family != MIXTURE else f"{name} > {task}"), of.source


def _refuse_mirrors(configs: Mapping[str, Built]) -> None:
    """Refuse what nobody else could prove.

    Raises:
        VerifyError: naming every config that was made of a mirror which nobody else has.
    """
    made = {name: source.read_from for name, source in _sources(configs) if source.is_mirror}
    if made:
        what = ", ".join(f"{name} ({place})" for name, place in made.items())
        raise VerifyError(
            f"expected sources that others can read, got mirrors that only you have: {what}; "
            f"nobody else could rebuild or trace these rows. Lock the sources and make them of the "
            f"very files that the lock names, or say --allow-mirrors"
        )


def look_ahead(
    api: HfApi,
    target: Target,
    built: Mapping[str, Built],
    *,
    file_format: str,
    row_format: RowFormat,
    tag_name: str | None,
) -> Seen:
    """What is published there now, if these configs can be published beside it.

    Raises:
        HubError: the Hub does not answer, or the repo, or the tag, is none to be had.
        CardError, ManifestError: what is published there cannot be merged with.
        VerifyError: a config has no rows.
    """
    seen = see(api, target)
    refuse_ahead(
        built,
        repo=target.repo,
        file_format=file_format,
        row_format=row_format,
        before=seen.manifest,
        old_card=seen.card,
    )
    if tag_name and seen.remote.exists:
        holder = tagged(api, target.repo, tag_name)
        if holder not in (None, seen.remote.commit):  # what is pushed is there, or newer
            raise taken(target.repo, tag_name)
    return seen


def refuse_readers(api: HfApi, target: Target) -> None:
    """Refuse whoever may not write to a repo that is there; anybody may propose a change.

    Raises:
        HubError: the token gives no right to.
    """
    if target.create_pr:
        return
    with asking(target.repo):
        try:
            patiently(lambda: api.auth_check(target.repo, repo_type="dataset", write=True))
        except Exception as error:
            if status_of(error) in (401, 403):  # not every Hub can be asked; the commit will tell
                raise
