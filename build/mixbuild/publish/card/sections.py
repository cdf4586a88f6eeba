"""The card's text: the placeholders of ``dataset_card.md``, filled from the manifest."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from string import Template
from typing import Any

from mixbuild.core import read_project_file
from mixbuild.declare import licence, policy
from mixbuild.publish.card.metadata import Published, loadable, ordered
from mixbuild.sources import is_commit

TEXT = "dataset_card.md"
BEGIN = "<!-- instruct_mix: generated from here; edits are overwritten -->"
END = "<!-- instruct_mix: generated up to here -->"

SHOWN_CHARACTERS = 1_500
"""Of an example's prompt, and of its completion; the middle of a longer text is left out."""


def sections(published: Published, *, repo: str, images: Mapping[str, str], name: str) -> str:
    """The text of the card, without its YAML.

    Raises:
        KeyError: ``dataset_card.md`` has a placeholder that nothing fills.
    """
    tasks = {task: published["tasks"][task] for task in ordered(published["tasks"])}
    first = next(iter(tasks))
    filled = {
        "pretty_name": name,
        "repo": repo,
        "version": published["version"],
        "config": first,
        "split": next(iter(loadable(tasks[first]) or tasks[first]["splits"])),
        "suffix": published["file_format"],
        "configs_table": _table(
            ("config", "family", "rows", "templates", "licence", "source"), _configs(tasks)
        ),
        "rows_plot": f"![Rows of each config and split]({images['rows']})",
        "lengths_plot": f"![Lengths of prompts and completions]({images['lengths']})",
        "examples": "\n\n".join(_examples(tasks)),
        "templates": "\n\n".join(_templates(tasks)),
        "drops": _drops(tasks),
        "licence_note": _licence_note(tasks),
        "attribution": "\n\n".join(_attribution(tasks)),
        "limits": "\n".join(_limits(tasks)),
        "rebuild": _rebuild(repo, published),
        "changelog": "\n".join(_changelog(published)),
    }
    unmarked = {key: _unmarked(value) for key, value in filled.items()}
    return Template(read_project_file(TEXT)).substitute(unmarked)


def _unmarked(text: str) -> str:
    """A text without our markers, which a source's may hold: around the whole they stand once."""
    for marker in (BEGIN, END):
        text = text.replace(marker, marker.replace("<!--", "<! --"))
    return text


def _configs(tasks: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    for name, entry in tasks.items():
        rows = ", ".join(f"{split} {each['rows']:,}" for split, each in entry["splits"].items())
        source = entry["source"]
        yield (
            f"`{name}`",
            entry["family"],
            rows,
            str(len(entry["templates"])),
            source["license"],
            _at_commit(source),
        )


def _at_commit(source: Mapping[str, Any]) -> str:
    """A link to the source as it was read; a mirror or the samples have no page."""
    repo, _, commit = source["read_from"].partition("@")
    if not is_commit(commit):
        return code(source["read_from"])
    return f"[{repo}@{commit[:8]}](https://huggingface.co/datasets/{repo}/tree/{commit})"


def _examples(tasks: Mapping[str, Any]) -> Iterator[str]:
    for name, entry in tasks.items():
        example = next((each["example"] for each in entry["splits"].values() if each["rows"]), None)
        if example is None:
            yield f"**`{name}`** has no rows."
            continue
        text = _short(example["prompt"]) + _short(example["completion"])
        where = f"template {code(example['template'])}, row {code(example['id'])}"
        opened = " open" if name == next(iter(tasks)) else ""
        summary = f"<details{opened}><summary><code>{name}</code></summary>"
        yield f"{summary}\n\n{where[0].upper()}{where[1:]}:\n\n{fenced(text)}\n\n</details>"


def _templates(tasks: Mapping[str, Any]) -> Iterator[str]:
    for name, entry in tasks.items():
        count = len(entry["templates"])
        lines = [f"<details><summary><code>{name}</code>: {count} in use</summary>", ""]
        for template, each in entry["templates"].items():
            inverted = " (inverted: it asks for what the source gives)" if each["inverted"] else ""
            lines += [f"`{template}`{inverted}:", "", fenced(each["text"]), ""]
        yield "\n".join([*lines, "</details>"])


def _drops(tasks: Mapping[str, Any]) -> str:
    rows = [
        (f"`{name}`", split, f"{each['rows_read']:,}", reason, f"{count:,}")
        for name, entry in tasks.items()
        for split, each in entry["splits"].items()
        for reason, count in each["drops"].items()
    ]
    return (
        _table(("config", "split", "rows read", "reason", "left out"), rows)
        if rows
        else "None: every source row was rendered."
    )


def _licence_note(tasks: Mapping[str, Any]) -> str:
    """A table: each licence, what to heed, and the configs under it."""
    by_licence: dict[str, list[str]] = {}
    for name, entry in tasks.items():
        by_licence.setdefault(entry["source"]["license"], []).append(f"`{name}`")
    rows = []
    for identifier, names in sorted(by_licence.items()):
        found = licence(identifier)
        shown = found.spdx or identifier
        rows.append(
            (
                f"[{shown}]({found.url})" if found.url else shown,
                ", ".join(sorted(found.flags)) or "none",
                ", ".join(names),
            )
        )
    return _table(("licence", "to heed", "configs"), rows)


def _attribution(tasks: Mapping[str, Any]) -> Iterator[str]:
    reasons = {(repo, each["license"]): each["reason"] for repo, each in policy().items()}
    by_source: dict[tuple[str, str, str], list[str]] = {}
    for name, entry in tasks.items():
        source = entry["source"]
        by_source.setdefault((source["repo"], source["license"], source["citation"]), []).append(
            f"`{name}`"
        )
    for (repo, identifier, citation), names in by_source.items():
        link = f"[{repo}](https://huggingface.co/datasets/{repo})"
        reason = reasons.get((repo, identifier))
        terms = f"{identifier}: {reason}" if reason else identifier
        yield f"{', '.join(names)}: {link}, {terms}\n\n{fenced(citation, 'bibtex')}"


def _limits(tasks: Mapping[str, Any]) -> Iterator[str]:
    by_source: dict[str, dict[str, None]] = {}
    for entry in tasks.values():  # two configs of one source may have limits of their own
        known = by_source.setdefault(entry["source"]["repo"], {})
        known.update(dict.fromkeys(entry["source"]["limits"]))
    for repo, limits in by_source.items():
        if limits:
            yield f"- **{repo}**: {' '.join(limits)}"
    for name, entry in tasks.items():
        if drift := "; ".join(code(each) for each in entry["source"].get("drift", ())):
            yield f"- **`{name}`** was made of a mirror that is not its source: {drift}."


def _rebuild(repo: str, published: Published) -> str:
    place = f"{repo}@v{published['version']}"
    return fenced(f"instruct-mix verify {place}\ninstruct-mix rebuild {place}", "sh")


def _changelog(published: Published) -> Iterator[str]:
    for version, changes in published["history"].items():
        yield f"- **{version}**: {'; '.join(changes) if changes else 'the card only'}"


def fenced(text: str, language: str = "") -> str:
    """A block of code that holds whatever the text has, rows of backticks too.

    >>> print(fenced("a ``` b"))
    ````
    a ``` b
    ````
    """
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def code(text: str) -> str:
    r"""A span of code that holds whatever the text has; what is not printed is shown escaped.

    >>> print(code("a ` b"))
    ``a ` b``
    >>> print(code("a\nb`"))
    `` a\nb` ``
    """
    shown = "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
    runs = {len(run) for run in re.findall("`+", shown)}
    tick = "`" * next(count for count in itertools.count(1) if count not in runs)
    # a space on both sides belongs to the span's ends, not to the text
    space = " " if shown[:1] in ("`", " ") or shown[-1:] in ("`", " ") or not shown else ""
    return f"{tick}{space}{shown}{space}{tick}"


def _short(text: str) -> str:
    if len(text) <= SHOWN_CHARACTERS:
        return text
    half = SHOWN_CHARACTERS // 2
    return f"{text[:half]} [… {len(text) - 2 * half:,} characters …] {text[-half:]}"


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(_cell(each) for each in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
