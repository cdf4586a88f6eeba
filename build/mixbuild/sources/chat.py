"""Rows as the chats that a trainer makes of them, by the template that comes with a tokenizer.

The template is ``chat_template.jinja`` beside the ``tokenizer.json``, or ``chat_template`` in
``tokenizer_config.json``, and is rendered as ``transformers`` does it. A row's user and assistant
say what the row format ``messages`` has for them: no marker, and no space after it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import SourceError, UsageError, one_line
from mixbuild.declare import MARKER, Chat

Beside: TypeAlias = Callable[[str], "bytes | None"]
"""The name of a file -> what the one beside the tokenizer holds; None where there is none."""

Chats: TypeAlias = Callable[[Sequence[str], Sequence[str]], "list[str]"]
"""Prompts and completions -> the text of each row's chat."""

TEMPLATE, CONFIG = "chat_template.jinja", "tokenizer_config.json"

GENERATION = re.compile(r"(\{%-?\s*)(end)?generation(\s*-?%\})")
"""Marks in a template what is to be learned; they say nothing."""


def chats_of(beside: Beside, chat: Chat, *, where: str) -> tuple[Chats, bytes]:
    """What makes chats of rows, and all that decides their texts.

    Args:
        beside: reads the files beside the tokenizer.
        chat: what is in a chat beside the row.
        where: the tokenizer, for errors.

    Raises:
        SourceError: there is no template, or it is none.
        UsageError: what renders it is not installed.
    """
    try:
        from jinja2 import TemplateError
        from jinja2.sandbox import ImmutableSandboxedEnvironment
    except ImportError:
        raise UsageError(
            "chats are made by the package jinja2, which is not installed; run "
            "pip install 'instruct_mix[tokens]', or leave chat out"
        ) from None
    config = _config(beside, where)
    text = _template(beside, config, where)
    special = {
        name: each["content"] if isinstance(each, dict) else each
        for name, each in config.items()
        if name.endswith("_token") and (isinstance(each, str) or _has_content(each))
    }

    def refuse(message: str) -> None:
        raise TemplateError(message)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    environment.globals["raise_exception"] = refuse
    environment.filters["tojson"] = lambda value, **how: json.dumps(
        value, ensure_ascii=False, **how
    )
    system = [] if chat.system is None else [{"role": "system", "content": chat.system}]
    try:
        template = environment.from_string(GENERATION.sub(_block, text))
    except TemplateError as error:
        raise _no_template(where, error) from None

    def chats(prompts: Sequence[str], completions: Sequence[str]) -> list[str]:
        asked = pa.array([each.removesuffix(MARKER) for each in prompts], pa.string())
        asked = pc.utf8_rtrim_whitespace(asked).to_pylist()
        try:
            return [
                template.render(
                    messages=[
                        *system,
                        {"role": "user", "content": user},
                        {"role": "assistant", "content": completion.removeprefix(" ")},
                    ],
                    add_generation_prompt=False,
                    **special,
                )
                for user, completion in zip(asked, completions, strict=True)
            ]
        except Exception as error:  # a template may do whatever Python's operators do
            raise _no_template(where, error) from None

    chats(["a"], ["b"])  # before anything is made
    return chats, json.dumps([text, special, chat.system]).encode()


def _config(beside: Beside, where: str) -> dict[str, object]:
    content = beside(CONFIG)
    if content is None:
        return {}
    try:
        found = json.loads(content)
    except ValueError as error:
        raise SourceError(
            f"tokenizer {where}: {CONFIG}: expected JSON ({one_line(error)})"
        ) from None
    return found if isinstance(found, dict) else {}


def _template(beside: Beside, config: dict[str, object], where: str) -> str:
    """The template's text: of several, that for chats without tools."""
    alone = beside(TEMPLATE)
    if alone is not None:
        return alone.decode(errors="replace")
    found = config.get("chat_template")
    if isinstance(found, list):
        named = {each.get("name"): each.get("template") for each in found if isinstance(each, dict)}
        found = named.get("default")
    if not isinstance(found, str):
        raise SourceError(
            f"tokenizer {where}: expected a chat template beside it, {TEMPLATE} or one in "
            f"{CONFIG}, got none; take a model's that has one, or leave chat out"
        )
    return found


def _has_content(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("content"), str)


def _block(found: re.Match[str]) -> str:
    return f"{found[1]}{'endif' if found[2] else 'if true'}{found[3]}"


def _no_template(where: str, error: Exception) -> SourceError:
    return SourceError(
        f"tokenizer {where}: expected a chat template for a user and an assistant, got one that "
        f"fails ({one_line(error)})"
    )
