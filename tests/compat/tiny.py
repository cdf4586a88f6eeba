"""Tokenizers and a model of a few hundred pieces, made on the spot, for each trainer's script.

It runs in the trainer's environment, not in the project's.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer

END = "</s>"
ROLES = ("<|system|>", "<|user|>", "<|assistant|>")
"""What begins a turn: special tokens, as chat templates have them."""

CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>"
    "{% if message.role == 'assistant' %}"
    "{% generation %}{{ message.content }}{{ eos_token }}{% endgeneration %}"
    "{% else %}{{ message.content }}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
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


def texts_of(value: Any) -> Iterator[str]:
    """Every text of rows, however deep."""
    if isinstance(value, str):
        yield value
    else:
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts_of(each)


def train_tokenizer(make: Callable[[], Tokenizer], rows: Iterable[Any]) -> Any:
    """A tokenizer of transformers' that knows every character, and a chat template."""
    from transformers import PreTrainedTokenizerFast

    tokenizer = make()
    trainer = BpeTrainer(
        vocab_size=600,
        special_tokens=[END, *ROLES],
        # what a trainer puts around the rows has characters that they have not, such as #
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts_of(rows), trainer)
    made = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=END)
    made.chat_template = CHAT_TEMPLATE
    return made


def tiny_model(vocabulary: int) -> Any:
    """Mistral's kind of model, some thousand times smaller."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

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


def as_fed(tokens: list[int], labels: list[int], tokenizer: Any) -> dict[str, Any]:
    """A row as it is fed to a model.

    The text; the part of it that no loss is taken of; whether the loss has all the rest; whether
    the tokens are those of the text in one piece.
    """
    masked = labels.count(IGNORED)
    text = tokenizer.decode(tokens)
    return {
        "text": text,
        "masked": tokenizer.decode(tokens[:masked]),
        "learns the rest": labels == [IGNORED] * masked + tokens[masked:],
        "in one piece": tokenizer(text, add_special_tokens=False)["input_ids"] == tokens,
    }


def print_report(
    load: Callable[[str, str, Path, str], dict[str, Any]],
    formats: Iterable[str],
    arguments: Sequence[str],
    **more: Any,
) -> None:
    """Have a config loaded in each row format, and print what came of it, and ``more``, as JSON.

    Args:
        load: by the repo, the config, a folder to write to, and the row format.
        formats: the names of row formats.
        arguments: those of the script: the repo, the config and the folder.
        more: what stands beside.
    """
    repo, config, folder = arguments
    place = Path(folder).absolute()
    place.mkdir(exist_ok=True)
    report = {name: load(repo, config, place, name) for name in formats}
    print(json.dumps({**more, "formats": report}), flush=True)
