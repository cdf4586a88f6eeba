"""A template is what section 1 of the design says, and every fault in one is named in full."""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import FrozenInstanceError

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mixbuild.core.errors import TemplateError
from mixbuild.declare.template import MARKER, Placeholder, Template, join

# byte for byte, the space before each line break included
SQUAD = (
    b"Answer the following question based on the passage: {context} \n"
    b"Question: {question}\n[OUTPUT]: {answers}"
)
IMDB = b"Classify this sentence sentiment: {text} \n[OUTPUT]: {label}"
BILLSUM = b"Summarize the following passage: {text} \n[OUTPUT]: {summary}"

NASTY = ["", " ", "{braces}", "{", "}", "{{x}}", "[OUTPUT]:", "a\0b", "\x85\u2028\r\n", "{0}", "%s"]
values = st.one_of(st.sampled_from(NASTY), st.text())
"""What a source may hold: any Unicode, without surrogates, which UTF-8 has not."""

names = st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True)


@st.composite
def pieces(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """What comes before the marker and after it: literal texts and ``{name}`` by turns."""

    def some() -> list[str]:
        several = draw(st.lists(st.tuples(names, literals), min_size=1, max_size=4))
        return [each for name, literal in several for each in (f"{{{name}}}", literal)]

    literals = st.text().filter(lambda text: MARKER not in text)
    head = ["Instruction", draw(literals), *some()]
    tail = [" ", draw(st.sampled_from(["", "The answer is ", "{{", "."])), *some()]
    return head, tail


def escaped(parts: list[str]) -> str:
    """The parts as a template's text: every second literal, its braces doubled."""
    return "".join(
        part if index >= 2 and index % 2 == 0 else part.replace("{", "{{").replace("}", "}}")
        for index, part in enumerate(parts)
    )


def fault(text: str, name: str = "seed") -> str:
    """The full message of the error that ``text`` makes."""
    with pytest.raises(TemplateError) as caught:
        Template(name, text)
    return str(caught.value)


def attempt(text: str) -> tuple[Template | None, str]:
    """The template, or the message of the error in its place."""
    try:
        return Template("seed", text), ""
    except TemplateError as error:
        return None, str(error)


@pytest.mark.parametrize(
    ("text", "prompt", "completion"),
    [
        (
            SQUAD,
            (
                "Answer the following question based on the passage: ",
                Placeholder("context"),
                " \nQuestion: ",
                Placeholder("question"),
                "\n[OUTPUT]:",
            ),
            (" ", Placeholder("answers")),
        ),
        (
            IMDB,
            ("Classify this sentence sentiment: ", Placeholder("text"), " \n[OUTPUT]:"),
            (" ", Placeholder("label")),
        ),
        (
            BILLSUM,
            ("Summarize the following passage: ", Placeholder("text"), " \n[OUTPUT]:"),
            (" ", Placeholder("summary")),
        ),
    ],
    ids=["squad", "imdb", "billsum"],
)
def test_a_founding_template_is_split_right_after_the_marker(
    text: bytes, prompt: tuple[str, ...], completion: tuple[str, ...]
) -> None:
    template = Template("seed", text.decode())
    assert (template.prompt, template.completion) == (prompt, completion)
    # a Placeholder equals a str of its letters: hold the two apart
    assert [type(part) for part in template.prompt + template.completion] == [
        type(part) for part in prompt + completion
    ]
    assert template.sha256 == hashlib.sha256(text).hexdigest()


def test_what_a_template_drops_travels_with_it_and_is_no_part_of_what_it_is() -> None:
    drops = {"a list": pc.match_substring_regex(pc.field("text"), "these")}
    template = Template("seed", "Do {text} [OUTPUT]: {out}", drops=drops)
    assert template == Template("seed", "Do {text} [OUTPUT]: {out}")
    again = pickle.loads(pickle.dumps(template))  # noqa: S301 - our own
    assert {reason: str(drop) for reason, drop in again.drops.items()} == {
        "a list": str(drops["a list"])
    }


def test_placeholders_and_outputs_are_named_once_in_order_of_first_use() -> None:
    template = Template("seed", "Do {b} with {a} and {b}\n[OUTPUT]: {c}, {a}, {c}")
    assert template.placeholders == ("b", "a", "c")
    assert template.outputs == ("c", "a")


def test_the_hash_is_that_of_the_text_as_it_stands() -> None:
    text = "  Répondez: {a} \n[OUTPUT]: {b} \n"
    assert Template("seed", text).sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert Template("other", text).sha256 == Template("seed", text).sha256


@pytest.mark.parametrize(
    ("placeholder", "message"),
    [
        ("{a.b}", "{a.b} at character 4: expected a bare name, got an attribute access"),
        ("{a.b[0]}", "{a.b[0]} at character 4: expected a bare name, got an attribute access"),
        ("{a[0]}", "{a[0]} at character 4: expected a bare name, got an index"),
        ("{a[key]}", "{a[key]} at character 4: expected a bare name, got an index"),
        ("{a!r}", "{a!r} at character 4: expected a bare name, got a conversion"),
        ("{a!x}", "{a!x} at character 4: expected a bare name, got a conversion"),
        ("{a!r:>3}", "{a!r:>3} at character 4: expected a bare name, got a conversion"),
        ("{a:>3}", "{a:>3} at character 4: expected a bare name, got a format specification"),
        ("{a:}", "{a:} at character 4: expected a bare name, got a format specification"),
        ("{}", "{} at character 4: expected a name in snake_case"),
        ("{0}", "{0} at character 4: expected a name in snake_case"),
        ("{A}", "{A} at character 4: expected a name in snake_case"),
        ("{ a}", "{ a} at character 4: expected a name in snake_case"),
        ("{a-b}", "{a-b} at character 4: expected a name in snake_case"),
        ("{é}", "{é} at character 4: expected a name in snake_case"),
    ],
)
def test_a_placeholder_that_is_no_bare_name_is_refused(placeholder: str, message: str) -> None:
    assert fault(f"Do {placeholder} \n[OUTPUT]: {{b}}") == f"template 'seed': {message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Do {a \n[OUTPUT]: {b}", "unbalanced '{' at character 4; write {{ for a literal one"),
        ("Do {a} { \n[OUTPUT]: {b}", "unbalanced '{' at character 8; write {{ for a literal one"),
        ("Do {a} } \n[OUTPUT]: {b}", "unbalanced '}' at character 8; write }} for a literal one"),
        ("Do {a}} \n[OUTPUT]: {b}", "unbalanced '}' at character 7; write }} for a literal one"),
        ("Do {{a} \n[OUTPUT]: {b}", "unbalanced '}' at character 7; write }} for a literal one"),
        ("Do {a} \n[OUTPUT]: {b", "unbalanced '{' at character 19; write {{ for a literal one"),
        ("{", "unbalanced '{' at character 1; write {{ for a literal one"),
        ("}", "unbalanced '}' at character 1; write }} for a literal one"),
        ("{{ }} {", "unbalanced '{' at character 7; write {{ for a literal one"),
    ],
)
def test_an_unbalanced_brace_is_shown_where_it_stands(text: str, message: str) -> None:
    assert fault(text) == f"template 'seed': {message}"


@pytest.mark.parametrize(
    "placeholder", ["{a!}", "{a!rr}", "{a[}", "{a[0}", "{a[0]b}"], ids=lambda text: text[1:-1]
)
def test_a_placeholder_that_python_cannot_parse_is_a_fault_like_any_other(placeholder: str) -> None:
    message = fault(f"Do {placeholder} \n[OUTPUT]: {{b}}")
    assert message.startswith("template 'seed': ")
    assert "at character 4" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{a} [OUTPUT]: {b}",
            "expected an instruction in words before [OUTPUT]: at character 5",
        ),
        (
            "{a}: - {c}\n\n[OUTPUT]: {b}",
            "expected an instruction in words before [OUTPUT]: at character 13",
        ),
        (
            "{a} [OUTPUT]: {b} words that come too late",
            "expected an instruction in words before [OUTPUT]: at character 5",
        ),
        (
            "{{ }} {a} [OUTPUT]: {b}",
            "expected an instruction in words before [OUTPUT]: at character 11",
        ),
        ("Do it\n[OUTPUT]: {b}", "expected a {placeholder} before [OUTPUT]: at character 7"),
        ("Do {{a}}\n[OUTPUT]: {b}", "expected a {placeholder} before [OUTPUT]: at character 10"),
        ("Do {a}\n[OUTPUT]: b", "expected a {placeholder} after [OUTPUT]: at character 8"),
        ("Do {a}\n[OUTPUT]: {{b}}", "expected a {placeholder} after [OUTPUT]: at character 8"),
        (
            "Do {a} {b}",
            "expected [OUTPUT]: exactly once in the template's own text, got it 0 times",
        ),
        (
            "Do {a} [output]: {b}",
            "expected [OUTPUT]: exactly once in the template's own text, got it 0 times",
        ),
        (
            "Do {a} [OUTPUT]: {b} [OUTPUT]: {c}",
            "expected [OUTPUT]: exactly once in the template's own text, got it 2 times",
        ),
        (
            "[OUTPUT]: {{[OUTPUT]: }} {a} [OUTPUT]: {b}",
            "expected [OUTPUT]: exactly once in the template's own text, got it 3 times",
        ),
        ("", "expected [OUTPUT]: exactly once in the template's own text, got it 0 times"),
        (
            "Do {a} [OUTPUT]:{b}",
            "expected one space and then the output after [OUTPUT]: at character 17, got '{'",
        ),
        (
            "Do {a} [OUTPUT]:\n{b}",
            "expected one space and then the output after [OUTPUT]: at character 17, got '\\n'",
        ),
        (
            "Do {a} [OUTPUT]:\u00a0{b}",
            "expected one space and then the output after [OUTPUT]: at character 17, got '\\xa0'",
        ),
        (
            "Do {a} [OUTPUT]:",
            "expected one space and then the output after [OUTPUT]: at character 17, got ''; "
            "expected a {placeholder} after [OUTPUT]: at character 8",
        ),
    ],
)
def test_a_text_without_its_three_parts_is_refused(text: str, message: str) -> None:
    assert fault(text) == f"template 'seed': {message}"


def test_two_spaces_after_the_marker_are_refused_and_said_to_be_two() -> None:
    message = fault("Do {a} [OUTPUT]:  {b}")
    expected = "template 'seed': expected one space and then the output after [OUTPUT]: "
    assert message.startswith(expected)
    # the first space is what was expected: what came after it is what is wrong
    assert not message.endswith("got ' '")


@pytest.mark.parametrize("text", ["{{ }} {a} {{ }} [OUTPUT]: {b}", "{a} {{{{}}}} [OUTPUT]: {b}"])
def test_braces_and_the_marker_itself_are_no_instruction(text: str) -> None:
    assert fault(text) == (
        "template 'seed': expected an instruction in words before [OUTPUT]: "
        f"at character {text.index(MARKER) + 1}"
    )


@pytest.mark.parametrize("name", ["", "Seed", "1st", "a-b", "a b", "é", "seed\n"])
def test_a_name_is_in_snake_case(name: str) -> None:
    message = fault("Do {a} \n[OUTPUT]: {b}", name)
    assert message == f"template {name!r}: expected a name in snake_case"


def test_all_that_is_wrong_is_named_at_once_with_positions_that_count_escaped_braces() -> None:
    assert fault("{{ }} {a.b} }}{{{c!r} [OUTPUT]:x {d[0]} {} ", "No") == (
        "template 'No': expected a name in snake_case; "
        "expected an instruction in words before [OUTPUT]: at character 23; "
        "expected one space and then the output after [OUTPUT]: at character 32, got 'x'; "
        "{a.b} at character 7: expected a bare name, got an attribute access; "
        "{c!r} at character 17: expected a bare name, got a conversion; "
        "{d[0]} at character 34: expected a bare name, got an index; "
        "{} at character 41: expected a name in snake_case"
    )


@pytest.mark.parametrize("first", ["{a:{b}}", "{a[}]}"])
def test_a_fault_after_a_brace_within_braces_is_shown_where_it_stands(first: str) -> None:
    message = fault(f"Do {first} and {{c.d}} \n[OUTPUT]: {{e}}")
    at = len(f"Do {first} and ") + 1
    assert message.split("; ")[1:] == [
        f"{{c.d}} at character {at}: expected a bare name, got an attribute access"
    ]


def test_a_marker_within_braces_is_not_the_marker() -> None:
    assert fault("Do {x[OUTPUT]:} then [OUTPUT]:{y}") == (
        "template 'seed': expected one space and then the output after [OUTPUT]: "
        "at character 31, got '{'; "
        "{x[OUTPUT]:} at character 4: expected a bare name, got an index"
    )


def test_a_line_break_within_braces_does_not_break_the_message() -> None:
    message = "template 'seed': {a\\nb} at character 4: expected a name in snake_case"
    assert fault("Do {a\nb} \n[OUTPUT]: {c}") == message


def test_a_bad_name_and_an_unbalanced_brace_are_named_together() -> None:
    assert fault("Do {", "No") == (
        "template 'No': expected a name in snake_case; "
        "unbalanced '{' at character 4; write {{ for a literal one"
    )


def test_doubled_braces_are_literal_anywhere_in_the_text() -> None:
    template = Template("seed", "{{Do}} it {{{a}}} }}{{ {b}{{\n[OUTPUT]: {{{c}}} {{}}")
    assert template.prompt == ("{Do} it {", "a", "} }{ ", "b", "{\n[OUTPUT]:")
    assert template.completion == (" {", "c", "} {}")
    assert template.placeholders == ("a", "b", "c")
    slots = {"a": pa.array(["1"]), "b": pa.array(["{2}"]), "c": pa.array(["}3{"])}
    assert join(template.prompt, slots).to_pylist() == ["{Do} it {1} }{ {2}{\n[OUTPUT]:"]
    assert join(template.completion, slots).to_pylist() == [" {}3{} {}"]


def test_a_null_makes_the_whole_null() -> None:
    slots = {"a": pa.array(["x", None, "z"]), "b": pa.array(["1", "2", None])}
    parts = ("<", Placeholder("a"), "|", Placeholder("b"), ">")
    assert join(parts, slots).to_pylist() == ["<x|1>", None, None]


def test_of_expressions_an_expression_is_made() -> None:
    parts = ("<", Placeholder("a"), ">")
    made = join(parts, {"a": pc.field("a")})
    rows = pa.table({"a": ["x", None]})
    assert rows.filter(made == "<x>").to_pylist() == [{"a": "x"}]


def test_a_template_cannot_be_changed_and_survives_a_pickle() -> None:
    template = Template("seed", SQUAD.decode())
    with pytest.raises(FrozenInstanceError, match=r"^cannot assign to field 'text'$"):
        template.text = "Do {a} [OUTPUT]: {b}"  # type: ignore[misc]  # it is refused
    again = pickle.loads(pickle.dumps(template))  # noqa: S301  # our own bytes
    assert again == template
    assert [(str(part), type(part)) for part in again.prompt + again.completion] == [
        (str(part), type(part)) for part in template.prompt + template.completion
    ]
    assert repr(again.prompt[1]) == "Placeholder('context')"


@given(pieces(), st.data())
@example((["Do ", "", "{a}", ""], [" ", "", "{b}", ""]), None)
def test_what_is_joined_is_what_python_formats(
    parts: tuple[list[str], list[str]], data: st.DataObject | None
) -> None:
    head, tail = (escaped(part) for part in parts)
    template = Template("seed", f"{head}{MARKER}{tail}")
    rows = [
        {name: data.draw(values) if data else "{a}[OUTPUT]:\0" for name in template.placeholders}
        for _ in range(2)
    ]
    slots = {name: pa.array([row[name] for row in rows]) for name in template.placeholders}
    # str.format, too, parses the template's text alone and never what fills it
    assert join(template.prompt, slots).to_pylist() == [
        f"{head}{MARKER}".format(**row) for row in rows
    ]
    assert join(template.completion, slots).to_pylist() == [tail.format(**row) for row in rows]
    whole = [f"{head}{MARKER}{tail}".format(**row) for row in rows]
    assert join(template.prompt + template.completion, slots).to_pylist() == whole


@given(st.lists(values, min_size=1))
@example(["".join(map(chr, range(0x20))), "\U0010ffff\ufffe\ufeff", MARKER * 3, "{{}}{a}}}"])
def test_source_text_passes_untouched(texts: list[str]) -> None:
    template = Template("seed", IMDB.decode())
    slots = {"text": pa.array(texts), "label": pa.array(texts)}
    assert join(template.prompt, slots).to_pylist() == [
        "Classify this sentence sentiment: " + text + " \n[OUTPUT]:" for text in texts
    ]
    assert join(template.completion, slots).to_pylist() == [" " + text for text in texts]


@settings(max_examples=500)
@given(st.text(alphabet="ab0{}[]!:. \nOUTP" + "é"), st.booleans())
@example("Do {a} [OUTPUT]: {b}", False)
def test_any_text_is_a_template_or_a_fault_on_one_line(text: str, framed: bool) -> None:
    text = f"Do {text} {{a}}\n{MARKER} {{b}}" if framed else text
    template, message = attempt(text)
    if template is None:
        assert message.startswith("template 'seed': ")
        assert not set(message) & set("\n\r")
    else:
        row = {name: name for name in template.placeholders}
        slots = {name: pa.array([value]) for name, value in row.items()}
        rendered = join(template.prompt + template.completion, slots).to_pylist()
        assert rendered == [text.format(**row)]


def test_half_of_a_surrogate_pair_is_no_text() -> None:
    assert fault("Do \ud800 {a}\n[OUTPUT]: {b}") == (
        "template 'seed': expected text, got half of a surrogate pair, which is none"
    )
