"""Fine-tune a tiny model on what a repo's default config is, and print as JSON what was fed to it.

python train.py REPO FOLDER
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import torch
import trl
from datasets import Dataset, load_dataset
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

END = "</s>"
STEPS = 4
IGNORED = -100
"""The label of a token that no loss is taken of."""


def byte_level() -> Tokenizer:
    """As GPT-2 and Llama 3 tokenise."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def metaspace() -> Tokenizer:
    """As Llama 2 and Mistral tokenise: a space belongs to the word after it."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="first")
    return tokenizer


def train_tokenizer(make: Callable[[], Tokenizer], texts: list[str]) -> PreTrainedTokenizerFast:
    """A tokenizer of a few hundred pieces that knows every character of the texts."""
    tokenizer = make()
    trainer = BpeTrainer(vocab_size=600, special_tokens=[END], show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=END)


def tiny_model(vocabulary: int) -> LlamaForCausalLM:
    """Mistral's kind of model, some thousand times smaller."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=2048,
    )
    return LlamaForCausalLM(config)


def train(rows: Dataset, tokenizer: PreTrainedTokenizerFast, folder: str) -> dict[str, Any]:
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


def as_fed(
    tokens: list[int], labels: list[int], tokenizer: PreTrainedTokenizerFast
) -> dict[str, Any]:
    """The text of a row, the part that no loss is taken of, and whether the loss has the rest."""
    masked = labels.count(IGNORED)
    return {
        "text": tokenizer.decode(tokens),
        "masked": tokenizer.decode(tokens[:masked]),
        "learns the rest": labels == [IGNORED] * masked + tokens[masked:],
    }


def main(repo: str, folder: str) -> None:
    """Train once with each kind of tokenizer."""
    rows = load_dataset(repo, split="train")
    texts = [row["prompt"] + row["completion"] for row in rows]
    report = {
        make.__name__: train(rows, train_tokenizer(make, texts), folder)
        for make in (byte_level, metaspace)
    }
    print(json.dumps({"end": END, "steps": STEPS, "tokenizers": report}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
