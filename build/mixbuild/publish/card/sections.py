"""The card's text: the placeholders of ``dataset_card.md``, filled from the manifest."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from string import Template

from mixbuild.core import read_project_file
from mixbuild.declare import licence, policy
from mixbuild.make import SourceEntry
from mixbuild.publish.card.metadata import loadable, ordered
from mixbuild.publish.manifest import Configs, Published
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
    configs = {name: published.configs[name] for name in ordered(published.configs)}
    first = next(iter(configs))
    filled = {
        "pretty_name": name,
        "repo": repo,
        "version": published.version,
        "config": first,
        "split": next(iter(loadable(configs[first]) or configs[first].splits)),
        "suffix": published.file_format,
        "configs_table": _table(
            ("config", "family", "rows", "templates", "licence", "source"), _configs(configs)
        ),
        "rows_plot": f"![Rows of each config and split]({images['rows']})",
        "lengths_plot": f"![Lengths of prompts and completions]({images['lengths']})",
        "examples": "\n\n".join(_examples(configs)),
        "templates": "\n\n".join(_templates(configs)),
        "drops": _drops(configs),
        "licence_note": _licence_note(configs),
        "attribution": "\n\n".join(_attribution(configs)),
        "limits": "\n".join(_limits(configs)),
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


def _configs(configs: Configs) -> Iterator[Sequence[str]]:
    for name, config in configs.items():
        rows = ", ".join(f"{split} {each.rows:,}" for split, each in config.splits.items())
        yield (
            f"`{name}`",
            config.family,
            rows,
            str(len(config.templates)),
            ", ".join(dict.fromkeys(source.license for source in config.sources)),
            ", ".join(_at_commit(source) for source in config.sources),
        )


def _at_commit(source: SourceEntry) -> str:
    """A link to the source as it was read; a mirror or the samples have no page."""
    repo, _, commit = source.read_from.partition("@")
    if not is_commit(commit):
        return code(source.read_from)
    return f"[{repo}@{commit[:8]}](https://huggingface.co/datasets/{repo}/tree/{commit})"


def _examples(configs: Configs) -> Iterator[str]:
    for name, config in configs.items():
        example = next((each.example for each in config.splits.values() if each.rows), None)
        if example is None:
            yield f"**`{name}`** has no rows."
            continue
        text = _short(example.prompt) + _short(example.completion)
        where = f"template {code(example.template)}, row {code(example.id)}"
        opened = " open" if name == next(iter(configs)) else ""
        summary = f"<details{opened}><summary><code>{name}</code></summary>"
        yield f"{summary}\n\n{where[0].upper()}{where[1:]}:\n\n{fenced(text)}\n\n</details>"


def _templates(configs: Configs) -> Iterator[str]:
    for name, config in configs.items():
        count = len(config.templates)
        lines = [f"<details><summary><code>{name}</code>: {count} in use</summary>", ""]
        for template, each in config.templates.items():
            inverted = " (inverted: it asks for what the source gives)" if each.inverted else ""
            lines += [f"`{template}`{inverted}:", "", fenced(each.text), ""]
        yield "\n".join([*lines, "</details>"])


def _drops(configs: Configs) -> str:
    rows = [
        (f"`{name}`", split, f"{each.rows_read:,}", reason, f"{count:,}")
        for name, config in configs.items()
        for split, each in config.splits.items()
        for reason, count in each.drops.items()
    ]
    return (
        _table(("config", "split", "rows read", "reason", "left out"), rows)
        if rows
        else "None: every source row was rendered."
    )


def _licence_note(configs: Configs) -> str:
    """A table: each licence, what to heed, and the configs under it."""
    by_licence: dict[str, list[str]] = {}
    for name, config in configs.items():
        for identifier in dict.fromkeys(source.license for source in config.sources):
            by_licence.setdefault(identifier, []).append(f"`{name}`")
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


def _attribution(configs: Configs) -> Iterator[str]:
    reasons = {(repo, each["license"]): each["reason"] for repo, each in policy().items()}
    by_source: dict[tuple[str, str, str], list[str]] = {}
    for name, config in configs.items():
        for source in config.sources:
            by_source.setdefault((source.repo, source.license, source.citation), []).append(
                f"`{name}`"
            )
    for (repo, identifier, citation), names in by_source.items():
        link = f"[{repo}](https://huggingface.co/datasets/{repo})"
        reason = reasons.get((repo, identifier))
        terms = f"{identifier}: {reason}" if reason else identifier
        yield f"{', '.join(names)}: {link}, {terms}\n\n{fenced(citation, 'bibtex')}"


def _limits(configs: Configs) -> Iterator[str]:
    by_source: dict[str, dict[str, None]] = {}
    for config in configs.values():  # two configs of one source may have limits of their own
        for source in config.sources:
            by_source.setdefault(source.repo, {}).update(dict.fromkeys(source.limits))
    for repo, limits in by_source.items():
        if limits:
            yield f"- **{repo}**: {' '.join(limits)}"
    for name, config in configs.items():
        if drift := "; ".join(code(line) for source in config.sources for line in source.drift):
            yield f"- **`{name}`** was made of a mirror that is not its source: {drift}."


def _rebuild(repo: str, published: Published) -> str:
    place = f"{repo}@v{published.version}"
    return fenced(f"instruct-mix verify {place}\ninstruct-mix rebuild {place}", "sh")


def _changelog(published: Published) -> Iterator[str]:
    for version, changes in published.history.items():
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
