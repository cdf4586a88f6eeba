"""What goes wrong outside, in one line that says what to do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from mixbuild.core.errors import HubError, MixError, OutputError, SourceError, one_line
from mixbuild.core.retry import TRANSIENT_STATUS, causes, is_transient, status_of

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Turn whatever a library raises while it reads a source into a SourceError of one line.

    Raises:
        SourceError: saying where, what was wrong, and what to do.
    """
    try:
        yield
    except MixError:
        raise
    except Exception as error:  # datasets, fsspec and the format readers raise nearly anything
        raise SourceError(f"{where}: {_reason(error)}") from error


@contextmanager
def explained_output(path: Path) -> Iterator[None]:
    """Turn whatever the system says while ``path`` is written into an OutputError of one line.

    Raises:
        OutputError: saying which file, what was wrong, and what to do.
    """
    try:
        yield
    except MixError:
        raise
    except OSError as error:
        # Arrow puts words of its own before the system's
        reason = os.strerror(error.errno) if error.errno else one_line(error)
        raise OutputError(
            f"{error.filename or path}: cannot be written ({reason}); make room or choose "
            f"another --out, then run the same command: finished units are kept"
        ) from error


@contextmanager
def explained_hub(where: str) -> Iterator[None]:
    """Turn whatever goes wrong while the Hub is written to into a HubError of one line.

    Raises:
        HubError: saying where, what was wrong, and what to do.
    """
    try:
        yield
    except MixError:
        raise
    except Exception as error:  # huggingface_hub raises ValueError and OSError too
        raise HubError(f"{where}: {explain_hub(error)}") from error


def explain_hub(error: Exception) -> str:
    """What went wrong while the Hub was asked, and what to do.

    It does not say what the repo holds now: that is for whoever has looked.
    """
    status = status_of(error)
    if status in TRANSIENT_STATUS:
        return (
            f"the Hub answered {status} time and again; run the same command later: what was "
            f"sent is kept"
        )
    if status is None and is_transient(error):
        return (
            f"no answer from the Hub ({one_line(error)}); check the network and HF_ENDPOINT, "
            f"then run the same command: what was sent is kept"
        )
    if status in (401, 403):
        return f"the Hub refused ({one_line(error)}); check that HF_TOKEN is set and may write here"
    return explain_missing(error) or (
        f"the Hub refused ({one_line(error)}); mend what it names, then run the same command"
    )


def explain_missing(error: Exception) -> str:
    """What the Hub has not got, and what to do; empty where it was something else."""
    from huggingface_hub import errors

    if "xet" in str(error).lower() and (status_of(error) == 404 or "404" in str(error)):
        return (
            f"the Hub has no Xet storage ({one_line(error)}); set HF_HUB_DISABLE_XET=1, then run "
            f"the same command"
        )
    for cause in causes(error):
        if isinstance(cause, errors.RevisionNotFoundError):
            return "the dataset has no such revision; check the branch, tag or commit"
        if isinstance(cause, errors.RepositoryNotFoundError):
            if cause.response.status_code == 401:
                return (
                    "the Hub shows no such dataset without a token: it is not there, or it is "
                    "private; check the name, or set HF_TOKEN"
                )
            return (
                "the Hub has no such dataset, or none that this HF_TOKEN may see; check the name, "
                "and whose token it is"
            )
        if isinstance(cause, errors.HfHubHTTPError) and _is_unknown(cause):
            path = cause.response.request.url.path
            return f"the Hub has no page {path} (404); is HF_ENDPOINT the address of a Hub?"
    return ""


def _is_unknown(error: HfHubHTTPError) -> bool:
    """Whether there is no such page: the Hub says of what is missing within one what that is."""
    return error.response.status_code == 404 and "X-Error-Code" not in error.response.headers


def _reason(error: Exception) -> str:
    from huggingface_hub import errors
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # exported lazily

    for cause in causes(error):
        # datasets puts an error of its own, without a cause, in the place of this one
        if isinstance(cause, errors.GatedRepoError) or "is a gated dataset" in str(cause):
            return (
                "the Hub says that this dataset is gated; accept its terms on its page, "
                "then set HF_TOKEN to a token of your account"
            )
        if isinstance(cause, errors.RepositoryNotFoundError):
            return (
                "the Hub has no such dataset, or none that this HF_TOKEN may see; "
                "check the name, or read a mirror with --source"
            )
        if isinstance(cause, errors.RevisionNotFoundError):
            return "the dataset has no such revision; check the branch, tag or commit"
        if isinstance(cause, errors.OfflineModeIsEnabled):
            return "HF_HUB_OFFLINE is set; unset it, or read a mirror with --source"
        if isinstance(cause, errors.HfHubHTTPError):
            status = cause.response.status_code
            if status in TRANSIENT_STATUS:
                return f"the Hub answered {status} time and again; try again later"
            return f"the Hub refused ({one_line(cause)}); check HF_TOKEN and what it may read"
        if isinstance(cause, (httpx.TransportError, ConnectionError, TimeoutError)):
            return (
                f"no answer from the Hub ({one_line(cause)}); check the network and HF_ENDPOINT, "
                f"or read a mirror with --source"
            )
    if isinstance(error, pa.ArrowException) or type(error) is OSError:  # Arrow raises both
        return f"cannot be read ({one_line(error)}); the file may be damaged, fetch it again"
    return f"cannot be read ({one_line(error)})"
