"""Fine-tune a tiny model with TRL on a repo's default config, and print what it was fed.

python train.py REPO FOLDER

In each row format that TRL has lines for on our page of trainers; as JSON.
"""

import json
import sys
from typing import Any

import trl
from datasets import Dataset, load_dataset
from tiny import END, as_fed, byte_level, metaspace, tiny_model, train_tokenizer

STEPS = 4

FORMATS: dict[str, dict[str, Any]] = {
    "prompt_completion": {"revision": "main"},
    "messages": {"revision": "messages", "assistant_only_loss": True},
    "text": {"revision": "text"},
}


def train(rows: Dataset, tokenizer: Any, folder: str, options: dict[str, Any]) -> dict[str, Any]:
    """Take some steps with TRL's defaults; report the losses, and each row as it was fed."""
    arguments = trl.SFTConfig(
        output_dir=folder,
        max_steps=STEPS,
        per_device_train_batch_size=4,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        use_cpu=True,
        bf16=False,
        **options,
    )
    trainer = trl.SFTTrainer(
        model=tiny_model(len(tokenizer)),
        args=arguments,
        train_dataset=rows,
        processing_class=tokenizer,
    )
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    fed = [as_fed(row["input_ids"], row["labels"], tokenizer) for row in trainer.train_dataset]
    return {"losses": losses, "fed": fed}


def main(repo: str, folder: str) -> None:
    """Train once with each row format and kind of tokenizer."""
    report: dict[str, dict[str, Any]] = {}
    for name, options in FORMATS.items():
        revision = options.pop("revision")
        rows = load_dataset(repo, split="train", revision=revision)
        report[name] = {}
        for make in (byte_level, metaspace):
            tokenizer = train_tokenizer(make, rows)
            report[name][make.__name__] = train(rows, tokenizer, folder, options)
    print(json.dumps({"end": END, "steps": STEPS, "formats": report}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
