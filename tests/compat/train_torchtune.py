"""Have torchtune load a config as it is published, and print what it would train on.

python train_torchtune.py REPO CONFIG FOLDER

Its own datasets and its tokenizer of Mistral, in each row format that it has lines for on our page
of trainers; as JSON.
"""

import sys
from pathlib import Path
from typing import Any

import sentencepiece
from datasets import load_dataset
from omegaconf import OmegaConf
from tiny import as_fed, print_report, texts_of
from torchtune.config import instantiate
from torchtune.models.mistral import mistral_tokenizer

FORMATS: dict[str, dict[str, Any]] = {
    "prompt_completion": {
        "_component_": "torchtune.datasets.instruct_dataset",
        "column_map": {"input": "prompt", "output": "completion"},
    },
    "messages": {
        "_component_": "torchtune.datasets.chat_dataset",
        "conversation_column": "messages",
        "conversation_style": "openai",
    },
    "sharegpt": {
        "_component_": "torchtune.datasets.chat_dataset",
        "conversation_column": "conversations",
        "conversation_style": "sharegpt",
    },
    "alpaca": {"_component_": "torchtune.datasets.alpaca_dataset", "train_on_input": False},
}
"""What stands below ``dataset`` beside the place."""


class Pieces:
    """What ``as_fed`` asks of a tokenizer, of a SentencePiece model; it shows begin and end."""

    def __init__(self, path: Path) -> None:
        self.model = sentencepiece.SentencePieceProcessor(str(path))

    def decode(self, tokens: list[int]) -> str:
        """The text of tokens."""
        text: str = self.model.decode(tokens)
        begin = "<s>" * tokens.count(self.model.bos_id())
        return begin + text + "</s>" * tokens.count(self.model.eos_id())

    def __call__(self, text: str, **_: object) -> dict[str, list[int]]:
        """The tokens of a text in one piece."""
        body = text.removeprefix("<s>").removesuffix("</s>")
        return {"input_ids": self.model.encode(body, add_bos=True, add_eos=True)}


def train_pieces(rows: Any, folder: Path) -> Path:
    """A SentencePiece model of a few hundred pieces, made as that of Llama 2 and Mistral."""
    texts = folder / "texts.txt"
    texts.write_text("\n".join(texts_of(rows)), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(texts),
        model_prefix=str(folder / "pieces"),
        model_type="bpe",
        vocab_size=600,
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        pad_id=3,
        minloglevel=2,
    )
    return folder / "pieces.model"


def load(repo: str, config: str, folder: Path, name: str) -> dict[str, Any]:
    """What it would train on, row by row."""
    branch = "main" if name == "prompt_completion" else name
    place = {"source": repo, "name": config, "split": "train", "revision": branch}
    rows = load_dataset(repo, config, split="train", revision=branch)
    path = train_pieces(rows, folder)
    plain = {"prompt_template": None} if name in ("prompt_completion", "alpaca") else {}
    asked = OmegaConf.create({**FORMATS[name], **place})
    loaded = instantiate(asked, mistral_tokenizer(str(path), **plain))
    fed = [as_fed(each["tokens"], each["labels"], Pieces(path)) for each in loaded]
    return {"end": "</s>", "fed": fed}


if __name__ == "__main__":
    print_report(load, FORMATS, sys.argv[1:])
