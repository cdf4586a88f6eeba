"""Lengths: what is too long is cut where its task lets it be, or left out by name."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import as_json, read_shards
from hypothesis import given
from hypothesis import strategies as st
from mixbuild.core import SCHEMA
from mixbuild.core.errors import RecipeError, SourceError, TaskError
from mixbuild.curate.build import Curated, build
from mixbuild.declare import (
    Chat,
    Length,
    Quality,
    RowFormat,
    Source,
    Task,
    Template,
    parse_recipe,
)
from mixbuild.make.manifest import expect
from mixbuild.make.plan import Request
from mixbuild.publish.formats import lay
from mixbuild.publish.shards import read_shards as rows_of
from mixbuild.render.bind import bind
from mixbuild.render.render import Origin, render
from mixbuild.render.trim import Limit, piece_of
from mixbuild.sources import open_tokenizer
from mixbuild.sources.chat import chats_of
from mixbuild.tasks import ALL, find
from tokenizers import Tokenizer, models, pre_tokenizers

WORD = st.text("abcdeé\u4f60.,(\u2019", min_size=1, max_size=5)
TEXT = st.lists(st.tuples(WORD, st.sampled_from([" ", "  ", "\n", "\u00a0"])), min_size=1).map(
    lambda words: "".join(word + space for word, space in words)
)


@given(TEXT, st.data())
def test_a_piece_is_so_many_words_and_holds_what_it_has_to(text: str, data: st.DataObject) -> None:
    words = text.split()
    start = data.draw(st.integers(0, len(text) - 1))
    keep = text[start : data.draw(st.integers(start, len(text)))].strip()
    piece = piece_of(text, keep)
    assert piece is not None
    for count in range(piece.fewest, len(words) + 1):
        cut = piece.window(count)
        assert keep in cut
        assert cut in text
        assert cut.split() in [words[at : at + count] for at in range(len(words) - count + 1)]
        if not keep:
            assert cut.split() == words[:count]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A token for each character that is no white space."""
    made = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))  # noqa: S106 - no secret
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split("", "isolated")]
    )
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    made.save(str(path))
    return path


def count(prompts: Any, completions: Any) -> Any:
    texts = [prompt + completion for prompt, completion in zip(prompts, completions, strict=True)]
    return np.array([len(re.sub(r"\s", "", text)) for text in texts])


SQUAD = find("squad")
ANSWER = "Levi's Stadium"


@given(
    before=st.integers(0, 90), after=st.integers(0, 90), most=st.integers(64, 512),
    template=st.sampled_from(SQUAD.templates),
)  # fmt: skip
def test_the_window_holds_the_answer_and_nothing_else_is_cut(
    before: int, after: int, most: int, template: Template
) -> None:
    context = " ".join(["padding"] * before + [f"({ANSWER})."] + ["more words"] * after)
    row = {
        "title": "t", "context": context, "question": "Where was it?",
        "answers": {"text": [ANSWER, "the stadium"], "answer_start": [0, 0]},
    }  # fmt: skip
    batch = pa.RecordBatch.from_pylist([row])
    binding = bind(SQUAD, batch.schema, templates=template.name)
    rows, origin = np.array([0]), Origin("org/name@0", "train", "train.jsonl")
    (whole,) = render(binding, batch, rows, origin)[0].to_pylist()
    (cut,) = render(binding, batch, rows, origin, limit=Limit(most, count))[0].to_pylist()
    fewest = whole["prompt"].replace(context, f"({ANSWER}).") + whole["completion"]
    assert {**cut, "prompt": ""} == {**whole, "prompt": ""}, "only the prompt is another"
    head, _, tail = whole["prompt"].partition(context)
    assert cut["prompt"].startswith(head)
    assert cut["prompt"].endswith(tail)
    left = cut["prompt"][len(head) : len(cut["prompt"]) - len(tail)]
    (tokens,) = count([cut["prompt"]], [cut["completion"]])
    if count([fewest], [""]) > most or count([whole["prompt"]], [whole["completion"]]) <= most:
        assert cut == whole
    else:
        assert tokens <= most
        assert f"({ANSWER})." in left
        assert left in context
        assert most - tokens < 2 * len("padding"), "no more is cut than has to be"


REVIEWS = [
    {"text": "short", "label": 1},
    {"text": "word " * 40 + "end", "label": 0},
    {"text": "w" * 90, "label": 1},  # one word, which cannot be cut
]


def curate(out: Path, quality: Quality, **asked: Any) -> Curated:
    folder = out.with_name("mirror")
    folder.mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(REVIEWS), folder / "train.parquet")
    sources = {"imdb": str(folder)}
    request = Request([find("imdb")], out, sources, splits=["train"], **asked)
    return build(request, quality=quality, catalog=ALL)


def test_rows_that_are_too_long_are_left_out_or_cut(tmp_path: Path, tokenizer: Path) -> None:
    out = tmp_path / "out"
    length = Length(str(tokenizer), 100)
    curate(out, Quality(length=length))
    entry = expect(out).configs["imdb"].splits["train"]
    assert (entry.rows, entry.drops) == (1, {"more than 100 tokens": 2})
    curate(out, Quality(length=Length(str(tokenizer), 100, "trim")))
    entry = expect(out).configs["imdb"].splits["train"]
    assert (entry.rows, entry.drops) == (2, {"more than 100 tokens": 1})
    rows = [row for batch in rows_of(out, entry) for row in batch.to_pylist()]
    texts = [row["prompt"] + row["completion"] for row in rows]
    assert count(texts, ["", ""]).tolist() == [52, 99]
    assert texts[1] == (
        f"Classify this sentence sentiment: {'word ' * 12}word \n[OUTPUT]: negative"
    )
    shards = read_shards(out, "imdb", "train").to_pylist()
    again = curate(out, Quality(length=Length(str(tokenizer), 100, "trim")))
    assert (again.made.changed, again.made.rendered) == (False, 0)
    curate(tmp_path / "two", Quality(length=Length(str(tokenizer), 100, "trim")), seed=0)
    assert read_shards(tmp_path / "two", "imdb", "train").to_pylist() == shards
    curate(out, Quality(length=Length(str(tokenizer), 99, "trim")))
    assert as_json(expect(out).configs["imdb"].splits["train"].drops) == {"more than 99 tokens": 1}


CHATML = (
    "{%- if messages[0].role == 'system' %}\n{{ messages[0].content }}|\n{% endif %}"
    "{%- for each in messages if each.role != 'system' -%}"
    "<{{ each.role }}>{% generation %}{{ each.content }}{% endgeneration %}{{ eos_token }}"
    "{%- endfor %}"
)


@pytest.fixture
def chatty(tmp_path: Path, tokenizer: Path) -> Path:
    """The same tokenizer with a chat template beside it."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "tokenizer.json").write_bytes(tokenizer.read_bytes())
    config = {"chat_template": CHATML, "eos_token": {"content": "</s>"}, "pad_token": None}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return folder / "tokenizer.json"


def test_what_is_counted_of_a_chat_is_the_text_that_messages_have(chatty: Path) -> None:
    row: dict[str, Any] = {
        "prompt": "Is it good: [OUTPUT]: \u3000 \n[OUTPUT]:", "completion": "  yes ",
        "references": [" yes "], "task": "t", "template": "seed", "source": "s", "id": "1",
    }  # fmt: skip
    batch = pa.RecordBatch.from_pylist([row], schema=SCHEMA)
    (laid,) = lay(batch, RowFormat("messages"), {}).column("messages").to_pylist()
    assert [each["content"] for each in laid] == ["Is it good: [OUTPUT]:", " yes "]
    beside = {each.name: each.read_bytes() for each in chatty.parent.iterdir()}.get
    for system, begins in ((None, ""), ("Be brief.", "Be brief.|\n")):
        chats, _ = chats_of(beside, Chat(system), where="it")
        assert chats([row["prompt"]], [row["completion"]]) == [
            f"{begins}<user>{laid[0]['content']}</s><assistant>{laid[1]['content']}</s>"
        ]
    count, decisive = open_tokenizer(str(chatty), chat=Chat())
    assert count([row["prompt"]], [row["completion"]]).tolist() == [
        len("".join(["<user>Is", "it", "good:", "[OUTPUT]:</s><assistant>", "yes", "</s>"]))
    ]
    (chatty.parent / "chat_template.jinja").write_text("{{ messages[1].content }}")
    other, other_decisive = open_tokenizer(str(chatty), chat=Chat())
    assert other([row["prompt"]], [row["completion"]]).tolist() == [3]
    assert decisive != other_decisive


def test_rows_are_left_out_or_cut_by_the_length_of_their_chat(tmp_path: Path, chatty: Path) -> None:
    instruction = "Classifythissentencesentiment:"
    for system in (None, "Be brief."):
        more = len("Bebrief.|") if system else 0
        fixed = len(f"<user>{instruction}</s><assistant>positive</s>") + more
        length = Length(str(chatty), fixed + len("short"), "drop", Chat(system))
        curate(tmp_path / "out", Quality(length=length))
        assert expect(tmp_path / "out").configs["imdb"].splits["train"].rows == 1
        less = replace(length, max_tokens=length.max_tokens - 1)
        curate(tmp_path / "out", Quality(length=less))
        assert expect(tmp_path / "out").configs["imdb"].splits["train"].rows == 0
        curate(tmp_path / "cut", Quality(length=replace(length, max_tokens=100, over="trim")))
        texts = [
            row["prompt"] for row in read_shards(tmp_path / "cut", "imdb", "train").to_pylist()
        ]
        left = (100 - fixed) // len("word")
        assert texts[1] == (
            f"Classify this sentence sentiment: {' '.join(['word'] * left)} \n[OUTPUT]:"
        )


@pytest.mark.parametrize(
    ("template", "what"),
    [
        (
            None,
            "expected a chat template beside it, chat_template.jinja or one in "
            "tokenizer_config.json, got none; take a model's that has one, or leave chat out",
        ),
        (
            "{% if %}",
            "expected a chat template for a user and an assistant, got one that fails "
            "(TemplateSyntaxError: Expected an expression, got 'end of statement block')",
        ),
        (
            "{{ raise_exception('no user') }}",
            "expected a chat template for a user and an assistant, got one that fails "
            "(TemplateError: no user)",
        ),
        (
            "{{ messages[0].content + 1 }}",
            "expected a chat template for a user and an assistant, got one that fails "
            '(TypeError: can only concatenate str (not "int") to str)',
        ),
    ],
)
def test_a_chat_template_that_cannot_be_used_is_one_line(
    tmp_path: Path, tokenizer: Path, template: str | None, what: str
) -> None:
    model = tmp_path / "tokenizer.json"
    model.write_bytes(tokenizer.read_bytes())
    if template is not None:
        (tmp_path / "chat_template.jinja").write_text(template)
    with pytest.raises(SourceError) as caught:
        curate(tmp_path / "out", Quality(length=Length(str(model), 100, chat=Chat())))
    assert str(caught.value) == f"tokenizer {model}: {what}"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("place", ["org/name", "org/name@main", "gpt2"])
def test_a_tokenizer_that_may_count_otherwise_tomorrow_is_refused(place: str) -> None:
    with pytest.raises(RecipeError) as caught:
        parse_recipe(f"quality:\n  length: {{tokenizer: {place}, max_tokens: 9}}\n", where="r.yaml")
    assert str(caught.value) == (
        f"r.yaml: line 2: quality.length.tokenizer: expected a tokenizer.json, or org/name@ and a "
        f"commit of 40 digits, got {place!r}; a branch may count otherwise tomorrow"
    )


def test_a_tokenizer_that_is_not_there_is_said_before_anything_is_made(tmp_path: Path) -> None:
    for over in ("drop", "trim"):
        length = Length(str(tmp_path / "no.json"), 100, over)
        with pytest.raises(SourceError) as caught:
            curate(tmp_path / "out", Quality(length=length))
        assert str(caught.value) == (
            f"tokenizer {tmp_path}/no.json: expected a tokenizer.json, got none to read (No such "
            f"file or directory); put it there, or name another one; where a recipe does, run make "
            f"again then"
        )
        assert not (tmp_path / "out").exists()


def test_a_task_names_slots_that_it_has() -> None:
    source = Source("a/b", license="mit")
    templates = (Template("seed", "Name its topic: {text}\n[OUTPUT]: {a}"),)
    with pytest.raises(TaskError) as caught:
        Task("a", "topic", source, {"train": "train"}, templates, trimmable="tex", keeps="b")
    assert str(caught.value) == (
        "task 'a': trimmable: unknown slot 'tex'; did you mean 'text'? Known: a, text; "
        "keeps: unknown slot 'b'. Known: a, text"
    )
