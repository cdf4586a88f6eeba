"""Have axolotl load a config as it is published, and print what it would train on.

python train_axolotl.py REPO CONFIG FOLDER

Its own loader, in each row format that it has lines for on our page of trainers; as JSON.
"""

import sys
from pathlib import Path
from typing import Any

from axolotl.common.datasets import load_datasets
from axolotl.utils.config import normalize_config, validate_config
from axolotl.utils.dict import DictDefault
from datasets import load_dataset
from tiny import END, as_fed, byte_level, print_report, tiny_model, train_tokenizer

FORMATS: dict[str, dict[str, Any]] = {
    "prompt_completion": {
        "type": {
            "field_instruction": "prompt",
            "field_output": "completion",
            "format": "{instruction}",
            "no_input_format": "{instruction}",
        }
    },
    "messages": {
        "type": "chat_template",
        "field_messages": "messages",
        "roles_to_train": ["assistant"],
    },
    "sharegpt": {
        "type": "chat_template",
        "field_messages": "conversations",
        "message_property_mappings": {"role": "from", "content": "value"},
        "roles_to_train": ["assistant"],
    },
    "alpaca": {"type": "alpaca"},
    "text": {"type": "completion"},
}
"""What stands below ``datasets`` beside the place."""


def load(repo: str, config: str, folder: Path, name: str) -> dict[str, Any]:
    """What it would train on, row by row."""
    branch = "main" if name == "prompt_completion" else name
    rows = load_dataset(repo, config, split="train", revision=branch)
    tokenizer = train_tokenizer(byte_level, rows)
    model = folder / name
    tokenizer.save_pretrained(model)
    tiny_model(len(tokenizer)).save_pretrained(model)
    place = {"path": repo, "name": config, "split": "train", "revision": branch}
    asked = DictDefault(
        {
            "base_model": str(model),
            "tokenizer_type": "AutoTokenizer",
            "datasets": [{**place, **FORMATS[name]}],
            "dataset_prepared_path": str(folder / "prepared" / name),
            "output_dir": str(folder / "out"),
            "train_on_inputs": False,
            "sequence_len": 2048,
            "micro_batch_size": 1,
            "gradient_accumulation_steps": 1,
            "num_epochs": 1,
            "learning_rate": 1e-4,
            "val_set_size": 0,
            "bf16": False,
            "dataset_num_proc": 1,
        }
    )
    checked = validate_config(asked)
    normalize_config(checked)
    loaded = load_datasets(cfg=checked).train_dataset
    fed = [as_fed(list(each["input_ids"]), list(each["labels"]), tokenizer) for each in loaded]
    return {"end": END, "fed": fed}


if __name__ == "__main__":
    print_report(load, FORMATS, sys.argv[1:])
