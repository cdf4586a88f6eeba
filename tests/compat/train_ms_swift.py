"""Have ms-swift load a config as it is published, and print what it would train on.

python train_ms_swift.py REPO CONFIG FOLDER

What its command `swift sft` prepares, in each row format that it has lines for on our page of
trainers; as JSON.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ["USE_HF"] = "1"  # it asks another Hub without

from datasets import load_dataset
from swift.arguments import SftArguments
from swift.pipelines.train.sft import SwiftSft
from tiny import END, as_fed, byte_level, print_report, tiny_model, train_tokenizer

FORMATS: dict[str, dict[str, Any]] = {
    "prompt_completion": {"use_chat_template": False},
    "messages": {},
    "sharegpt": {},
    "alpaca": {},
}
"""Options of the command, beside the place."""

TURNS = ["<|im_start|>", "<|im_end|>"]
"""Special tokens of a model whose template is ChatML."""


def load(repo: str, config: str, folder: Path, name: str) -> dict[str, Any]:
    """What it would train on, row by row."""
    branch = "main" if name == "prompt_completion" else name
    rows = load_dataset(repo, config, split="train", revision=branch)
    tokenizer = train_tokenizer(byte_level, rows)
    tokenizer.add_tokens(TURNS, special_tokens=True)
    model = folder / name
    tokenizer.save_pretrained(model)
    tiny_model(len(tokenizer)).save_pretrained(model)
    place = {
        "dataset_name": name,
        "hf_dataset_id": repo,
        "hf_revision": branch,
        "split": ["train"],
    }
    known = folder / f"{name}.json"
    known.write_text(json.dumps([place]))
    asked = SftArguments(
        model=str(model),
        model_type="llama",
        template="chatml",
        torch_dtype="float32",
        custom_dataset_info=[str(known)],
        dataset=[f"{name}:{config}"],
        output_dir=str(folder / "out"),
        split_dataset_ratio=0,
        report_to=[],
        **FORMATS[name],
    )
    loaded, _ = SwiftSft(asked)._prepare_dataset()
    fed = [as_fed(list(each["input_ids"]), list(each["labels"]), tokenizer) for each in loaded]
    return {"end": END, "fed": fed}


if __name__ == "__main__":
    print_report(load, FORMATS, sys.argv[1:])
