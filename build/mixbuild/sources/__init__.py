"""The only reader of source data: the Hub, a mirror, or the embedded samples.

It imports ``core``, ``declare``, ``tasks`` and ``render``, and is, beside ``publish.hub``, the only
room that reaches the network::

    session    the client by which the caller reaches the Hub, in other processes too
    hub        a repo on the Hub at one commit: its files and its card
    lock       at which commit each source is read
    stamp      a local file as it was when a build was planned
    location   where source rows are: a Place, and a Run of one of its files
    tree       the files of a dataset by their names
    card       what a source's card declares
    naming     what the names of files say: format, split, and whether some are missing
    layout     which of a dataset's files are the config that a task declares
    types      one Arrow type for what is the same to a reader
    legend     what a source says of its columns: types on its card, names of classes
    columns    what all files have in common, and what the task asks of them
    formats    the formats of files: Parquet, Arrow, CSV and TSV, JSON
    contents   what files hold: their columns and the runs of their rows
    resolve    what a source holds: its commit, files and columns, cut into runs
    read       streams one run, with only the columns that are needed
    survey     what a source on the Hub is at a commit, for the lock
    probe      what a source's rows look like, for a new task
    chat       rows as the chats that a trainer makes of them
    tokenizer  how many tokens a model reads a row as
    pin        writes the lock, and compares it with what the Hub has now
"""

from mixbuild.sources.formats.opened import is_remote
from mixbuild.sources.hub import (
    Repo,
    Stored,
    find_repo,
    is_commit,
    is_of,
    read_card,
    read_repo_file,
)
from mixbuild.sources.location import BATCH_BYTES, Run
from mixbuild.sources.lock import Entry as LockEntry
from mixbuild.sources.lock import Lock, entry_of
from mixbuild.sources.pin import check_lock, pin
from mixbuild.sources.probe import Probed, probe
from mixbuild.sources.read import count_rows, read, read_digested
from mixbuild.sources.resolve import SAMPLES, Resolved, explore, resolve
from mixbuild.sources.session import Factory, adopt, bounded, callers_factory, can_travel
from mixbuild.sources.survey import classes_in, is_wholly, same_files
from mixbuild.sources.tokenizer import open_tokenizer

__all__ = [
    "BATCH_BYTES",
    "SAMPLES",
    "Factory",
    "Lock",
    "LockEntry",
    "Probed",
    "Repo",
    "Resolved",
    "Run",
    "Stored",
    "adopt",
    "bounded",
    "callers_factory",
    "can_travel",
    "check_lock",
    "classes_in",
    "count_rows",
    "entry_of",
    "explore",
    "find_repo",
    "is_commit",
    "is_of",
    "is_remote",
    "is_wholly",
    "open_tokenizer",
    "pin",
    "probe",
    "read",
    "read_card",
    "read_digested",
    "read_repo_file",
    "resolve",
    "same_files",
]
