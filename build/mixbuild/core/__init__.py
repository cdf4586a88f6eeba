"""What every room stands on. It imports nothing of the others.

::

    errors     every error raised on purpose, in one tree
    amounts    a number of things, as a person says it
    row        one row of the published dataset: its columns, and its keys
    resources  files of the project that are not code
    code       a hash of this package's own code, for keys
    identity   row ids, and choices made by hashing them
    digest     the rows' digest, independent of file format
    retry      which failures outside pass by themselves
    explain    what goes wrong outside, in one line that says what to do
    files      files that are there whole or not at all, how they lie, and the mutex of a folder
    arrow_file  an Arrow file, written whole or not at all
    yaml       the one reader and writer of YAML
    typed      JSON files decoded into frozen types
    document   what a person writes in YAML, decoded into frozen types
    progress   how far long work is, as it is told
    prefetch   an iterator on a thread of its own, ahead of its consumer
    start      a process of our own that begins without pandas
    worker     a worker process, and how it is asked
    workers    worker processes, each asked by a thread of ours
    local_cluster  a Dask cluster on this machine, as a program of its own
    cluster    units on a Dask cluster
    cores      how many cores this process may use
    executor   runs units: in this process, in worker processes, on a cluster
"""

from mixbuild.core.amounts import count_of
from mixbuild.core.arrow_file import arrow_file
from mixbuild.core.code import hash_code
from mixbuild.core.cores import usable_cores
from mixbuild.core.digest import ContentDigest, SourceDigest
from mixbuild.core.document import Document, decode, fault
from mixbuild.core.errors import (
    CardError,
    CheckError,
    HubError,
    LicenceError,
    LockError,
    ManifestError,
    MixError,
    MixtureError,
    OutputError,
    RecipeError,
    RowError,
    SchemaError,
    SourceError,
    TaskError,
    TemplateError,
    UsageError,
    VerifyError,
    WorkerError,
    did_you_mean,
    one_line,
    one_of,
)
from mixbuild.core.explain import (
    explain_hub,
    explain_missing,
    explain_odd_answer,
    explain_system,
    explained,
    explained_hub,
    explained_output,
    is_odd_answer,
)
from mixbuild.core.files import (
    PARTIAL,
    Glance,
    file_sha256,
    git_blob_hash,
    glance,
    is_partial,
    mutex,
    partial_path,
    put_in_place,
    sync_folder,
    whole_file,
    write_whole,
)
from mixbuild.core.identity import Hashes, Rows, hash_rows, row_ids, shuffled
from mixbuild.core.prefetch import ahead
from mixbuild.core.progress import Report, silent
from mixbuild.core.resources import CHECKOUT, PACKAGE, in_checkout, project_file, read_project_file
from mixbuild.core.retry import (
    TRANSIENT_STATUS,
    asked_seconds,
    is_transient,
    patiently,
    retry_after,
    status_of,
)
from mixbuild.core.row import KEYS, SCHEMA, SHINGLES, CountTokens, Drops, RowDict
from mixbuild.core.start import spare_pandas
from mixbuild.core.typed import Count, Record, dump_json, parse_json, plain, typed
from mixbuild.core.yaml import dump_yaml, load_yaml, split_front_matter

__all__ = [
    "CHECKOUT",
    "KEYS",
    "PACKAGE",
    "PARTIAL",
    "SCHEMA",
    "SHINGLES",
    "TRANSIENT_STATUS",
    "CardError",
    "CheckError",
    "ContentDigest",
    "Count",
    "CountTokens",
    "Document",
    "Drops",
    "Glance",
    "Hashes",
    "HubError",
    "LicenceError",
    "LockError",
    "ManifestError",
    "MixError",
    "MixtureError",
    "OutputError",
    "RecipeError",
    "Record",
    "Report",
    "RowDict",
    "RowError",
    "Rows",
    "SchemaError",
    "SourceDigest",
    "SourceError",
    "TaskError",
    "TemplateError",
    "UsageError",
    "VerifyError",
    "WorkerError",
    "ahead",
    "arrow_file",
    "asked_seconds",
    "count_of",
    "decode",
    "did_you_mean",
    "dump_json",
    "dump_yaml",
    "explain_hub",
    "explain_missing",
    "explain_odd_answer",
    "explain_system",
    "explained",
    "explained_hub",
    "explained_output",
    "fault",
    "file_sha256",
    "git_blob_hash",
    "glance",
    "hash_code",
    "hash_rows",
    "in_checkout",
    "is_odd_answer",
    "is_partial",
    "is_transient",
    "load_yaml",
    "mutex",
    "one_line",
    "one_of",
    "parse_json",
    "partial_path",
    "patiently",
    "plain",
    "project_file",
    "put_in_place",
    "read_project_file",
    "retry_after",
    "row_ids",
    "shuffled",
    "silent",
    "spare_pandas",
    "split_front_matter",
    "status_of",
    "sync_folder",
    "typed",
    "usable_cores",
    "whole_file",
    "write_whole",
]
