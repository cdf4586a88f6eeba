"""Fine-tune a tiny model with unsloth on a config as it is published, and print what it was fed.

python train_unsloth.py REPO CONFIG FOLDER

On the processor, which it takes where there is no GPU, in each row format that it has lines for on
our page of trainers; as JSON.
"""

import os
import sys
from pathlib import Path
from typing import Any

os.environ["UNSLOTH_DISABLE_STATISTICS"] = "1"  # else it asks the Hub how often it is used

# isort: off
from unsloth import FastLanguageModel, standardize_data_formats  # before what it changes
from datasets import load_dataset
from tiny import END, as_fed, byte_level, print_report, tiny_model, train_tokenizer
from trl import SFTConfig, SFTTrainer
# isort: on

STEPS = 2

FORMATS: dict[str, dict[str, Any]] = {
    "prompt_completion": {},
    "messages": {"assistant_only_loss": True},
    "sharegpt": {"assistant_only_loss": True},
    "text": {},
}
"""Options of the trainer."""


def train(repo: str, config: str, folder: Path, name: str) -> dict[str, Any]:
    """Take some steps with its defaults; report the losses, and each row as it was fed."""
    branch = "main" if name == "prompt_completion" else name
    rows = load_dataset(repo, config, split="train", revision=branch)
    made = train_tokenizer(byte_level, rows)
    path = folder / name
    made.save_pretrained(path)
    tiny_model(len(made)).save_pretrained(path)
    model, tokenizer = FastLanguageModel.from_pretrained(
        str(path), max_seq_length=2048, load_in_4bit=False, full_finetuning=True
    )
    if name == "sharegpt":
        rows = standardize_data_formats(rows).rename_column("conversations", "messages")
    arguments = SFTConfig(
        output_dir=str(folder / "out"),
        max_steps=STEPS,
        per_device_train_batch_size=2,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        bf16=False,
        **FORMATS[name],
    )
    trainer = SFTTrainer(
        model=model, processing_class=tokenizer, args=arguments, train_dataset=rows
    )
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    fed = [as_fed(row["input_ids"], row["labels"], made) for row in trainer.train_dataset]
    return {"end": END, "losses": losses, "fed": fed}


if __name__ == "__main__":
    print_report(train, FORMATS, sys.argv[1:], steps=STEPS)
