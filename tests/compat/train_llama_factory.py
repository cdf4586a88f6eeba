"""Have LLaMA-Factory load a config as it is published, and print what it would train on.

python train_llama_factory.py REPO CONFIG FOLDER

Its own `get_dataset`, in each row format that it has lines for on our page of trainers; as JSON.
It cannot be told a branch, so that FOLDER has a file CONFIG-FORMAT.jsonl of all but the first.
"""

import json
import os
import sys
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any

# its own list of what it is installed with is older than what it runs with
os.environ["DISABLE_VERSION_CHECK"] = "1"
# imported for sound alone, and there is no build of it for this PyTorch without CUDA
sys.modules["torchaudio"] = module_from_spec(ModuleSpec("torchaudio", None))

from datasets import load_dataset  # noqa: E402
from llamafactory.data import get_dataset, get_template_and_fix_tokenizer  # noqa: E402
from llamafactory.hparams import get_train_args  # noqa: E402
from llamafactory.model import load_tokenizer  # noqa: E402
from tiny import as_fed, byte_level, print_report, tiny_model, train_tokenizer  # noqa: E402

FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    "prompt_completion": (
        "fewshot",
        {"formatting": "alpaca", "columns": {"prompt": "prompt", "response": "completion"}},
    ),
    "alpaca": ("chatml", {"formatting": "alpaca"}),
    "sharegpt": ("chatml", {"formatting": "sharegpt"}),
    "messages": (
        "chatml",
        {
            "formatting": "sharegpt",
            "columns": {"messages": "messages"},
            "tags": {
                "role_tag": "role",
                "content_tag": "content",
                "user_tag": "user",
                "assistant_tag": "assistant",
            },
        },
    ),
}
"""The template, and the entry of `dataset_info.json`."""


def load(repo: str, config: str, folder: Path, name: str) -> dict[str, Any]:
    """What it would train on, row by row."""
    template_name, entry = FORMATS[name]
    if name == "prompt_completion":
        rows = load_dataset(repo, config, split="train")
        place = {"hf_hub_url": repo, "subset": config, "split": "train"}
    else:
        place = {"file_name": f"{config}-{name}.jsonl"}
        rows = load_dataset("json", data_files=str(folder / place["file_name"]), split="train")
    tokenizer = train_tokenizer(byte_level, rows)
    model = folder / name
    tokenizer.save_pretrained(model)
    tiny_model(len(tokenizer)).save_pretrained(model)
    info = {"ours": {**place, **entry}}
    (folder / "dataset_info.json").write_text(json.dumps(info))
    model_args, data_args, training_args, _, _ = get_train_args(
        {
            "stage": "sft",
            "do_train": True,
            "model_name_or_path": str(model),
            "dataset": "ours",
            "dataset_dir": str(folder),
            "template": template_name,
            "cutoff_len": 2048,
            "output_dir": str(folder / "out"),
            "use_cpu": True,
            "report_to": "none",
        }
    )
    loaded = load_tokenizer(model_args)
    template = get_template_and_fix_tokenizer(loaded["tokenizer"], data_args)
    module = get_dataset(template, model_args, data_args, training_args, stage="sft", **loaded)
    tokenizer = loaded["tokenizer"]
    return {
        "end": tokenizer.eos_token,
        "fed": [
            as_fed(each["input_ids"], each["labels"], tokenizer) for each in module["train_dataset"]
        ],
    }


if __name__ == "__main__":
    print_report(load, FORMATS, sys.argv[1:])
