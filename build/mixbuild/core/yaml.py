r"""The one reader and writer of YAML: declarations, recipes and cards that people write.

PyYAML reads YAML 1.1, in which ``no`` is a truth value, ``1_000`` and ``12:30`` are numbers and
``2020-01-01`` is a date. Here a plain scalar is what YAML 1.2 says it is: null, true, false, a
decimal number, or else the text as it stands.

>>> from mixbuild.core.errors import CardError
>>> load_yaml("language: no\nwhen: 2020-01-01\nsize: 10\ncode: 007", where="card", error=CardError)
{'language': 'no', 'when': '2020-01-01', 'size': 10, 'code': '007'}

What strangers wrote is bounded before anything is made of it: depth, digits, and what aliases come
to when they are written out.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

import yaml

from mixbuild.core.errors import MixError

MOST_DEPTH = 64
MOST_DIGITS = 64
"""Of a number."""
MOST_NODES = 1_000_000
"""Scalars, lists and mappings, aliases written out."""

FRONT_MATTER = re.compile(r"\s*---[ \t]*\r?\n(.*?\n)?---[ \t]*(?:\r?\n|$)", re.DOTALL)


class _FaultError(Exception):
    """What is wrong, and in which line, counted from 1."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(f"line {line}: {text}")


class _Loader(yaml.SafeLoader):
    """YAML 1.2's scalars, and no key twice."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as PyYAML has it

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, object]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise _FaultError(line, "expected a word before the colon, got a list or a mapping")
            key = self.construct_object(key_node)
            if key in seen:
                raise _FaultError(line, f"expected the key {key!r} once, got it again")
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


class _Dumper(yaml.SafeDumper):
    """Plain as far as it can be read back."""

    def text(self, value: str) -> yaml.ScalarNode:
        # in any other style these end a line, and come back as a space
        breaks = any(character in value for character in "\x85\u2028\u2029")
        return self.represent_scalar("tag:yaml.org,2002:str", value, '"' if breaks else None)


_Dumper.add_representer(str, _Dumper.text)


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+0123456789."),
    ),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), _first
    )


def load_yaml(text: str, *, where: str, error: type[MixError]) -> object:
    """What a text in YAML says.

    Args:
        text: one document.
        where: what the error's line begins with: the file.
        error: what is raised.

    Raises:
        MixError: an ``error`` that names the line, what was expected, and what came.
    """
    try:
        _bound(text)
        return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader, with fewer types
    except _FaultError as fault:
        raise error(f"{where}: {fault}") from None
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        line = f"line {mark.line + 1}: " if mark else ""
        got = " ".join(filter(None, (fault.context, fault.problem)))
        raise error(f"{where}: {line}expected YAML, got something else ({got})") from None
    except (yaml.YAMLError, ValueError) as fault:
        got = " ".join(str(fault).split())
        raise error(f"{where}: expected YAML, got something else ({got})") from None


def line_of(text: str, steps: Sequence[str | int]) -> int:
    r"""The line where a value stands, counted from 1; where it does not, of what is around it.

    Args:
        text: what ``load_yaml`` has read.
        steps: the keys, and the places in lists, that lead to the value.

    >>> line_of("a:\n  b: [1,\n    2]\n", ["a", "b", 1])
    3
    """
    node = yaml.compose(text, _Loader)
    line = 1
    for step in steps:
        found = []
        if isinstance(node, yaml.MappingNode):
            found = [pair for pair in node.value if pair[0].value == str(step)]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            found = [(item, item) for item in node.value[step : step + 1]]
        if not found:
            break
        line, node = found[0][0].start_mark.line + 1, found[0][1]
    return line


def dump_yaml(data: object) -> str:
    """The data as YAML that every version of it reads alike, in the order of its keys."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def split_front_matter(text: str) -> tuple[str | None, str]:
    r"""A card's YAML, if it has any, and the text after it.

    >>> split_front_matter("---\nlicense: mit\n---\n# Title\n")
    ('license: mit\n', '# Title\n')
    >>> split_front_matter("# Title\n")
    (None, '# Title\n')
    """
    text = text.removeprefix("\ufeff")
    found = FRONT_MATTER.match(text)
    if found is None:
        return None, text
    return found[1] or "", text[found.end() :]


def _bound(text: str) -> None:
    """Refuse what would take more time or memory than its length warrants."""
    nodes = [0]  # of each collection that is open, what it holds so far; the document's at first
    anchors: dict[str, int] = {}
    opened: list[str | None] = []
    for event in yaml.parse(text, _Loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.CollectionStartEvent):
            opened.append(event.anchor)
            nodes.append(1)
        elif isinstance(event, yaml.CollectionEndEvent):
            held, anchor = nodes.pop(), opened.pop()
            if anchor is not None:
                anchors[anchor] = held
            nodes[-1] += held
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor in opened:
                raise _FaultError(
                    line, f"expected no alias within what it stands for: *{event.anchor}"
                )
            nodes[-1] += anchors.get(str(event.anchor), 1)
        elif isinstance(event, yaml.ScalarEvent):
            nodes[-1] += 1
            if event.anchor is not None:
                anchors[event.anchor] = 1
            plain = event.implicit[0]
            if (
                plain
                and len(event.value) > MOST_DIGITS
                and re.fullmatch(r"[-+.\deE]+", event.value)
            ):
                raise _FaultError(
                    line,
                    f"expected a number of at most {MOST_DIGITS} digits, got one of "
                    f"{len(event.value):,}",
                )
        if len(nodes) > MOST_DEPTH:
            raise _FaultError(line, f"expected at most {MOST_DEPTH} levels, got more")
        if nodes[-1] > MOST_NODES:
            raise _FaultError(line, f"expected at most {MOST_NODES:,} values, aliases written out")
