"""What goes wrong outside, in one line that says what to do."""

from __future__ import annotations

import errno
import gzip
import lzma
import os
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from mixbuild.core.errors import HubError, MixError, OutputError, SourceError, one_line
from mixbuild.core.retry import TRANSIENT_STATUS, causes, is_transient, status_of

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError


GATED = (
    "the Hub says that this dataset is gated; accept its terms on its page, then set HF_TOKEN to "
    "a token of your account"
)

BESIDE = {
    **dict.fromkeys((0, errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "make room or "),
    **dict.fromkeys((errno.EACCES, errno.EPERM), "allow it to whoever runs this, or "),
    errno.EIO: "look at the disk, or ",
}
"""Why a file cannot be written -> what to do, beside another folder; 0 is what is not known."""


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
def explained_output(path: Path, *, option: str = "--out") -> Iterator[None]:
    """Turn whatever the system says while ``path`` is written into an OutputError of one line.

    Args:
        path: where it is written.
        option: what says so on the command line.

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
        if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
            raise OutputError(
                f"{error.filename or path}: cannot be written: {explain_system(error)}, then run "
                f"the same command: finished units are kept"
            ) from error
        remedy = BESIDE.get(error.errno or 0, "")
        raise OutputError(
            f"{error.filename or path}: cannot be written ({reason}); {remedy}choose another "
            f"{option}, then run the same command: finished units are kept"
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
    from huggingface_hub import errors

    if "/xet-" in str(error) and "404" in str(error):  # hf_xet calls it a network's error
        return (
            f"the Hub has no Xet storage ({one_line(error)}); set HF_HUB_DISABLE_XET=1, then run "
            f"the same command"
        )
    if is_odd_answer(error):
        return explain_odd_answer(error)
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
    if status in (401, 403) and not isinstance(error, errors.GatedRepoError):
        return f"the Hub refused ({one_line(error)}); check that HF_TOKEN is set and may write here"
    return explain_missing(error) or (
        f"the Hub refused ({one_line(error)}); mend what it names, then run the same command"
    )


def explain_missing(error: Exception) -> str:
    """What the Hub has not got, and what to do; empty where it was something else."""
    from huggingface_hub import errors

    for cause in causes(error):
        if isinstance(cause, errors.RevisionNotFoundError):
            return "the dataset has no such revision; check the branch, tag or commit"
        if isinstance(cause, errors.GatedRepoError):
            return GATED
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


def is_odd_answer(error: Exception) -> bool:
    """Whether an answer came that the Hub's client could not make sense of."""
    from huggingface_hub import errors
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # exported lazily

    if status_of(error) is not None or isinstance(error, (errors.HFValidationError, MixError)):
        return False
    if isinstance(error, httpx.RequestError):  # such as redirects without end
        return not isinstance(error, httpx.TransportError)
    return isinstance(error, (ValueError, TypeError, LookupError, AttributeError))


def explain_odd_answer(error: Exception) -> str:
    """What came in the place of the Hub's answer, and what to do."""
    return (
        f"the answer is none that a Hub gives ({one_line(error)}); check HF_ENDPOINT, and what may "
        f"answer in its place, such as the page of a proxy"
    )


def _is_unknown(error: HfHubHTTPError) -> bool:
    """Whether there is no such page: the Hub says of what is missing within one what that is."""
    return error.response.status_code == 404 and "X-Error-Code" not in error.response.headers


SYSTEM = {
    errno.ENOSPC: "make room there",
    errno.EDQUOT: "make room there",
    errno.EROFS: "it can only be read",
    errno.EACCES: "allow it to whoever runs this",
    errno.EPERM: "allow it to whoever runs this",
    errno.EMFILE: "raise the limit (ulimit -n), or take fewer workers with --num-proc",
    errno.ENFILE: "raise the system's limit of open files, or take fewer workers with --num-proc",
    errno.ENOMEM: "take fewer workers with --num-proc, or a machine with more memory",
    errno.EIO: "look at the disk, or at the network that it is on",
}
"""What is the machine's fault and not a file's -> what to do."""

PLACES = {
    "HF_HOME": lambda: os.environ.get("HF_HOME") or "~/.cache/huggingface",
    "TMPDIR": tempfile.gettempdir,
}
"""The variable that names a folder -> the folder that it names."""


def explain_system(error: BaseException) -> str:
    """What the machine lacks, wherever in a chain of causes it is said; empty where it is not that.

    Names the file, or else the folders where a library may have written, with their variables.
    """
    for cause in causes(error):
        if isinstance(cause, MemoryError):  # Arrow's is one, too
            return f"out of memory ({one_line(cause)}); {SYSTEM[errno.ENOMEM]}"
        if isinstance(cause, OSError) and (remedy := SYSTEM.get(cause.errno or 0)):
            reason = os.strerror(cause.errno or 0)
            if cause.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
                return f"{reason}; {remedy}"
            name = cause.filename2 or cause.filename
            where = os.fsdecode(name) if isinstance(name, (str, bytes)) else _folders()
            variable = next((f", or set {each}" for each in PLACES if _is_in(where, each)), "")
            return f"{where}: {reason}; {remedy}{variable}"
    return ""


def _folders() -> str:
    return " or ".join(f"{folder()} ({variable})" for variable, folder in PLACES.items())


def _is_in(where: str, variable: str) -> bool:
    return Path(where).is_relative_to(Path(PLACES[variable]()).expanduser())


def _is_damage(error: Exception) -> bool:
    """Whether a file's bytes are at fault; Arrow says so by an error of the system's, too."""
    if isinstance(error, OSError):
        return error.errno is None and type(error) in (OSError, gzip.BadGzipFile)
    return isinstance(error, (pa.ArrowInvalid, EOFError, zlib.error, lzma.LZMAError))


def _reason(error: Exception) -> str:
    if told := explain_system(error):
        return f"cannot be read: {told}"
    from huggingface_hub import errors
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # exported lazily

    for cause in causes(error):
        # datasets puts an error of its own, without a cause, in the place of this one
        if isinstance(cause, errors.GatedRepoError) or "is a gated dataset" in str(cause):
            return GATED
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
    if _is_damage(error):
        return f"cannot be read ({one_line(error)}); the file may be damaged, fetch it again"
    return f"cannot be read ({one_line(error)})"
