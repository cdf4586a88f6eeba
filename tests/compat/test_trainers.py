"""What we publish trains: what each trainer makes of the rows, in the formats that it reads.

Of each: as many rows as there are; the loss on the completion and its end, and on nothing else; the
prompt before it; one end; the tokens of the text in one piece.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from compat.conftest import CONFIGS, REPO, Published, Reader, run_build

CONFIG = CONFIGS[0]
CHATS = ("messages", "sharegpt", "alpaca")
"""Their texts have neither the marker nor the space."""

OTHERS = {
    "llama-factory": ("prompt_completion", "alpaca", "sharegpt", "messages"),
    "torchtune": ("prompt_completion", "messages", "sharegpt", "alpaca"),
    "ms-swift": ("prompt_completion", "messages", "sharegpt", "alpaca"),
    "unsloth": ("prompt_completion", "messages", "sharegpt", "text"),
    "axolotl": ("prompt_completion", "messages", "sharegpt", "alpaca", "text"),
}
"""By trainer, the formats that our page has lines for; TRL's are below."""

AFTER = {
    ("llama-factory", "prompt_completion"): "\n\n</s>",
    **{("llama-factory", name): "<|im_end|>\n" for name in CHATS},
    **{("ms-swift", name): "<|im_end|>\n" for name in CHATS},
}
"""What a trainer has the model learn after the completion, where it is not the end token alone."""

BEFORE = {("torchtune", "messages"): " ", ("torchtune", "sharegpt"): " "}
"""And before it: Mistral's template for chats has a space there."""


def check(
    fed: list[dict[str, Any]], published: Published, name: str, *, after: str, before: str = ""
) -> None:
    """Hold what a model would see against the rows, in whatever order."""
    rows = published.rows[CONFIG]["train"]
    assert len(fed) == len(rows)
    assert all(row["learns the rest"] and row["in one piece"] for row in fed)
    assert all(row["masked"] == row["text"][: len(row["masked"])] for row in fed)
    learned = sorted(row["text"][len(row["masked"]) :] for row in fed)
    if name == "text":
        assert learned == sorted(f"{row['prompt']}{row['completion']}{after}" for row in rows)
        return
    start = 1 if name in CHATS else 0
    assert learned == sorted(before + row["completion"][start:] + after for row in rows)
    for row in rows:
        question = row["prompt"].removesuffix("[OUTPUT]:").rstrip() if start else row["prompt"]
        if name == "alpaca":  # whose instruction stands elsewhere
            question = question[-20:]
        assert any(question in each["masked"] for each in fed)
        assert all("[OUTPUT]" in each["masked"] for each in fed) == (not start)


@pytest.mark.parametrize("tokenizer", ["byte_level", "metaspace"])
@pytest.mark.parametrize("name", ["prompt_completion", "messages", "text"])
def test_trl_trains_on_the_rows(
    read: Reader, published: Published, name: str, tokenizer: str
) -> None:
    trained = read("train", "train.py", REPO, "checkpoints")
    run = trained["formats"][name][tokenizer]
    assert len(run["losses"]) == trained["steps"]
    assert all(math.isfinite(loss) for loss in run["losses"])
    check(run["fed"], published, name, after=trained["end"])


@pytest.mark.parametrize(
    ("trainer", "name"), [(trainer, name) for trainer, names in OTHERS.items() for name in names]
)
def test_a_trainers_loader_takes_the_rows(
    read: Reader, published: Published, trainer: str, name: str
) -> None:
    folder = files(published) if trainer == "llama-factory" else Path("work")
    script = f"train_{trainer.replace('-', '_')}.py"
    loaded = read(trainer, script, REPO, CONFIG, str(folder))["formats"][name]
    after = AFTER.get((trainer, name), loaded["end"])
    before = BEFORE.get((trainer, name), "")
    assert all(math.isfinite(loss) for loss in loaded.get("losses", []))
    check(loaded["fed"], published, name, after=after, before=before)


def files(published: Published) -> Path:
    """The rows as files of JSON lines, for a trainer that cannot be told a branch."""
    folder = published.out.parent / "files"
    for name in CHATS:
        to = folder / f"{CONFIG}-{name}.jsonl"
        if not to.exists():
            words = ["--split", "train", "--as", name, "--to", str(to)]
            folder.mkdir(exist_ok=True)
            run_build("export", str(published.out), CONFIG, *words)
    return folder
