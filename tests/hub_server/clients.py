"""Ways for a test to ask the hub: real clients, here or in a process, and bare requests."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from datasets import config
from huggingface_hub import (
    CommitInfo,
    CommitOperationAdd,
    CommitOperationDelete,
    HfApi,
    HfFileSystem,
    close_session,
    constants,
)

if TYPE_CHECKING:
    import pytest

    from hub_server import LoopbackHub

_CLIENT = """
import json, os, sys
from datasets import load_dataset, load_dataset_builder
from huggingface_hub import HfApi, HfFileSystem, RepoCard, hf_hub_download

def attempt(code):
    try:
        return eval(code)
    except Exception as error:
        return type(error).__name__

print(json.dumps([attempt(code) for code in sys.argv[1:]]), flush=True)
# A process that has streamed Parquet aborts as it ends about once in a hundred times ("terminate
# called without an active exception"), however well it read. So it must not end in the usual way.
os._exit(0)
"""


class Client(HfApi):
    """The real client, with a short way to commit to a dataset repo."""

    def commit(
        self,
        repo: str,
        files: Mapping[str, bytes | None],
        *,
        parent: str | None = None,
        revision: str | None = None,
        message: str = "by a client",
        create_pr: bool = False,
    ) -> CommitInfo:
        """Commit the files, None for one to delete."""
        operations = [
            CommitOperationDelete(path) if content is None else CommitOperationAdd(path, content)
            for path, content in files.items()
        ]
        return self.create_commit(
            repo,
            operations,
            repo_type="dataset",
            commit_message=message,
            parent_commit=parent,
            revision=revision,
            create_pr=create_pr,
        )


def evaluate(hub: LoopbackHub, home: Path, *codes: str, **variables: str) -> list[Any]:
    """The value of each expression in a client process; for an exception, its class's name."""
    done = subprocess.run(
        [sys.executable, "-c", _CLIENT, *codes],
        env=os.environ | hub.environment(home) | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )
    if done.returncode:
        raise RuntimeError(f"a client process ended with {done.returncode}: {done.stderr}")
    values: list[Any] = json.loads(done.stdout.splitlines()[-1])
    return values


def turn_to(
    hub: LoopbackHub, home: Path, monkeypatch: pytest.MonkeyPatch, **variables: str
) -> None:
    """Have the clients in this process, and in those that it starts, use this hub."""
    for name, value in (hub.environment(home) | variables).items():
        monkeypatch.setenv(name, value)
    files = "/{repo_id}/resolve/{revision}/{filename}"
    # what the clients have taken from the variables when they were imported
    monkeypatch.setattr(constants, "ENDPOINT", hub.endpoint)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", hub.endpoint + files)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home / "hub"))
    monkeypatch.setattr(config, "HF_ENDPOINT", hub.endpoint)
    monkeypatch.setattr(config, "HF_DATASETS_CACHE", home / "datasets")
    close_session()  # it has read who the proxy is
    HfFileSystem.clear_instance_cache()  # a hub before may have had the same port


def fetch(
    url: str, *, method: str = "GET", body: bytes | Iterable[bytes] | None = None, **headers: str
) -> tuple[int, bytes, http.client.HTTPMessage]:
    """One request without a client's help: no redirect, no retry."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    with contextlib.closing(connection):
        connection.request(method, parts.path, body, headers)
        with connection.getresponse() as answer:
            return answer.status, answer.read(), answer.headers
