"""The loopback Hub finds in a card's YAML what the real one would."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd
from huggingface_hub.errors import BadRequestError

from hub_server import LoopbackHub
from hub_server.clients import Client, evaluate, fetch

REPO = "org/mix"
GOOD = """\
license: mit
language: [en]
size_categories: 10K<n<100K
configs:
- config_name: squad
  default: true
  data_files:
  - {split: train, path: squad/train-*.parquet}
  - {split: test, path: [squad/a.parquet, squad/b.parquet]}
- config_name: imdb
  data_files: imdb/*.parquet
- config_name: lines
  data_dir: lines
dataset_info:
- config_name: squad
  features:
  - {name: prompt, dtype: string}
  - {name: references, sequence: string}
  splits:
  - {name: train, num_bytes: 1, num_examples: 1}
"""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[LoopbackHub]:
    with LoopbackHub(tmp_path / "hub") as hub:
        hub.store.create(REPO)
        yield hub


def card(metadata: str) -> str:
    return f"---\n{metadata}---\n# A card\n---\n"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_good_card_passes_and_is_read_back(hub: LoopbackHub, end: str) -> None:
    api = Client(endpoint=hub.endpoint, token=False)
    text = card(GOOD).replace("\n", end)
    api.commit(REPO, {"README.md": text.encode()})
    data = api.dataset_info(REPO).card_data
    assert data is not None
    assert data.license == "mit"
    assert [config["config_name"] for config in data["configs"]] == ["squad", "imdb", "lines"]


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ("a: [\n", "YAML metadata could not be parsed"),
        ("a: 1\nb: 2\na: 3\n", "duplicated mapping key: a"),
        ("- a\n", "YAML metadata must be an object"),
        ("license: MIT License\n", '"license" must be one of [apache-2.0, mit, '),
        ("license: [mit, mine]\n", "not 'mine'"),
        ("size_categories: [many]\n", '"size_categories" must be one of [n<1K, '),
        ("configs: squad\n", '"configs" must be an array'),
        ("configs: [squad]\n", '"configs[0]" must be of type object'),
        ("configs:\n- data_files: a.parquet\n", '"configs[0].config_name" is required'),
        ("configs:\n- config_name: a\n", '"configs[0].data_files" is required'),
        (
            "configs:\n- {config_name: a, data_dir: a}\n- {config_name: a, data_dir: b}\n",
            '"configs[1]" contains a duplicate value: a',
        ),
        (
            "configs:\n- {config_name: a, data_files: [{split: train}]}\n",
            '"configs[0].data_files[0]" must be a path, or an object of "split" and "path"',
        ),
        (
            "configs:\n- {config_name: a, data_files: [{split: my-train, path: a}]}\n",
            '"configs[0].data_files[0].split" is no name of a split: my-train',
        ),
        (
            "configs:\n- {config_name: a, data_files: [{split: train, path: [1]}]}\n",
            '"configs[0].data_files[0].path" must be a path, or an array of paths',
        ),
        ("dataset_info: [a]\n", '"dataset_info[0]" must be of type object'),
        ("dataset_info: [{features: []}]\n", '"dataset_info[0].config_name" is required'),
        (
            "dataset_info: {features: [{dtype: string}]}\n",
            '"dataset_info.features[0].name" is required',
        ),
        ("dataset_info: {splits: [train]}\n", '"dataset_info.splits[0].name" is required'),
    ],
)
def test_a_bad_card_is_refused_before_anything_is_sent(
    hub: LoopbackHub, metadata: str, message: str
) -> None:
    api = Client(endpoint=hub.endpoint, token=False)
    with pytest.raises(ValueError, match=r"Invalid metadata in README\.md") as error:
        api.commit(REPO, {"README.md": card(metadata).encode(), "train.parquet": b"rows"})
    assert message in str(error.value)
    assert [each.path for each in hub.log] == ["/api/validate-yaml"]


def test_a_bad_card_is_refused_at_the_commit_too(hub: LoopbackHub) -> None:
    api = Client(endpoint=hub.endpoint, token=False)
    hub.fail("/validate-yaml$", times=1, status=200)  # whose answer lists no errors
    readme = CommitOperationAdd("README.md", card("configs: {}\n").encode())
    with pytest.raises(BadRequestError, match='metadata verification: "configs" must be an array'):
        api.create_commit(REPO, [readme], commit_message="bad", repo_type="dataset")
    assert hub.files(REPO).keys() == {".gitattributes"}


def test_the_card_of_a_process_is_validated_here(hub: LoopbackHub, tmp_path: Path) -> None:
    validate = "RepoCard({!r}, ignore_metadata_errors=True).validate(repo_type='dataset')"
    texts = [card(GOOD), card("configs: {}\n"), "no metadata"]
    codes = [validate.format(text) for text in texts]
    assert evaluate(hub, tmp_path / "home", *codes) == [None, "ValueError", None]
    assert [each.status for each in hub.log] == [200, 400, 200]
    asked = json.dumps({"content": "no metadata", "repoType": "dataset"}).encode()
    _, answer, _ = fetch(f"{hub.endpoint}/api/validate-yaml", method="POST", body=asked)
    assert json.loads(answer) == {
        "errors": [],
        "warnings": [{"message": "empty or missing yaml metadata in repo card"}],
    }
