"""The card's text: the placeholders of ``dataset_card.md``, filled from the manifest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from string import Template

from mixbuild.core import count_of, read_project_file
from mixbuild.declare import licence, policy
from mixbuild.make import CARD_BEGINS, SourceEntry
from mixbuild.publish.card import templates
from mixbuild.publish.card.markdown import code, fenced, prose, shortened, table, wrapped
from mixbuild.publish.card.metadata import loadable, ordered
from mixbuild.publish.card.mixture import mixture_sections, mixtures
from mixbuild.publish.card.summary import by_template, completions, lengths, repeats, tokens
from mixbuild.publish.formats import texts_of
from mixbuild.publish.manifest import MAIN, Configs, Published, PublishedConfig
from mixbuild.sources import is_commit

TEXT = "dataset_card.md"
BEGIN = CARD_BEGINS
END = "<!-- instruct_mix: generated up to here -->"

SHOWN_CHARACTERS = 700
"""Of an example's prompt, and of its completion; the middle of a longer text is left out."""

ONLY = re.compile(r"<!-- only ([\w ]+) -->\n(.*?)<!-- end of only -->\n", re.DOTALL)
"""What ``dataset_card.md`` has for files, or for rows, of some formats alone."""


def sections(
    published: Published,
    *,
    repo: str,
    branch: str,
    images: Mapping[str, str],
    name: str,
    default: str,
) -> str:
    """The text of the card, without its YAML.

    Args:
        published: the manifest.
        repo: where it is published.
        branch: of the repo.
        images: each image's path.
        name: the dataset's, for people.
        default: the config that is loaded where none is named.

    Raises:
        KeyError: ``dataset_card.md`` has a placeholder that nothing fills.
    """
    configs = {name: published.configs[name] for name in ordered(published.configs)}
    first = next(iter(configs))
    texts = texts_of(published.row_format)
    filled = {
        "pretty_name": name,
        "repo": repo,
        "branch": branch,
        "at": "" if branch == MAIN else f"@{branch.replace('/', '%2F')}",
        "at_branch": "" if branch == MAIN else f', revision="{branch}"',
        "pinned": _pinned(repo, branch, published.version, first),
        "shown": " + ".join(f'rows[0]["{name}"]' for name in texts),
        "texts": ", ".join(f'"{name}"' for name in texts),
        "version": published.version,
        "config": first,
        "default": default,
        "split": next(iter(loadable(configs[first]) or configs[first].splits)),
        "numbers": _numbers(configs, published.version),
        "example": _example(configs[first]) or "It has no rows.",
        "mixtures": "".join(f"{each}\n\n" for each in mixture_sections(configs, images)),
        "configs_note": _configs_note(configs),
        "configs_table": table(("config", "rows", "licence"), _configs(configs)),
        "rows_plot": f"![Rows of each split]({images['rows']})",
        "lengths_plot": f"![Lengths of prompts and completions]({images['lengths']})",
        "each": "\n\n".join(_each(configs)),
        "templates": templates.FILE,
        "drops": _drops(configs),
        "licence_note": _licence_note(configs),
        "attribution": "\n\n".join(_attribution(configs)),
        "limits": "\n".join(_mirrors(configs)),
        "rebuild": _rebuild(f"{repo}@{branch if branch != MAIN else f'v{published.version}'}"),
        "changelog": "\n".join(_changelog(published)),
    }
    unmarked = {key: _unmarked(value) for key, value in filled.items()}
    formats = {published.file_format, published.row_format.name}
    text = ONLY.sub(
        lambda found: found[2] if formats & set(found[1].split()) else "",
        read_project_file(TEXT),
    )
    return Template(text).substitute(unmarked)


def _unmarked(text: str) -> str:
    """A text without our markers, which a source's may hold: around the whole they stand once."""
    for marker in (BEGIN, END):
        text = text.replace(marker, marker.replace("<!--", "<! --"))
    return text


def _numbers(configs: Configs, version: str) -> str:
    """All of it in a line."""
    mixed = mixtures(configs)
    sources = {source.repo for config in configs.values() for source in config.sources}
    told = [
        f"**{count_of(_rows(configs[name]), 'row')}** in the mixture `{name}`" for name in mixed
    ]
    own = [config for name, config in configs.items() if name not in mixed]
    if own:
        rows = count_of(sum(map(_rows, own)), "row")
        what = "config of its task alone" if len(own) == 1 else "configs of a task each"
        told += [f"{rows} in {len(own):,} {what}"] if mixed else []
        told += [] if mixed else [f"**{rows}** in {count_of(len(own), 'config')}"]
    return f"{'; '.join(told)}, made of {count_of(len(sources), 'dataset')}; version {version}."


def _rows(config: PublishedConfig) -> int:
    return sum(each.rows for each in config.splits.values())


def _configs_note(configs: Configs) -> str:
    mixed = ", ".join(f"`{name}`" for name in mixtures(configs))
    if not mixed:
        return "Each config is one task; they have"
    others = "; each other config is one task" if len(mixtures(configs)) < len(configs) else ""
    return f"{mixed}: rows of several tasks{others}. They have"


def _configs(configs: Configs) -> Iterator[Sequence[str]]:
    for name, config in configs.items():
        mirror = " (of a mirror)" if any(source.is_mirror for source in config.sources) else ""
        yield (
            f"`{name}`{mirror}",
            f"{_rows(config):,}",
            ", ".join(dict.fromkeys(source.license for source in config.sources)),
        )


def _at_commit(source: SourceEntry) -> str:
    """A link to the source as it was read; a mirror or the samples have no page."""
    repo, _, commit = source.read_from.partition("@")
    if not is_commit(commit):
        return code(source.read_from)
    return f"[{repo}@{commit[:8]}](https://huggingface.co/datasets/{repo}/tree/{commit})"


def _each(configs: Configs) -> Iterator[str]:
    """What there is to know of each config, folded away."""
    for name, config in configs.items():
        facts = "\n".join(f"- {each}" for each in _facts(config))
        example = _example(config) or f"**`{name}`** has no rows."
        summary = f"<details><summary><code>{name}</code></summary>"
        yield "\n\n".join(
            (summary, facts, *lengths(config), *tokens(config), example, "</details>")
        )


def _facts(config: PublishedConfig) -> Iterator[str]:
    """Family, sources, licences, rows, drops, the file that declares it, limits: a line each."""
    yield f"family: {config.family}"
    for source in config.sources:
        flags = ", ".join(sorted(licence(source.license).flags - {source.license}))
        yield f"source: {_at_commit(source)}, {source.license}{f' ({flags})' if flags else ''}"
    rows = ", ".join(f"{split} {each.rows:,}" for split, each in config.splits.items())
    yield f"rows: {rows}; {count_of(len(config.templates), 'template')}"
    for split, each in config.splits.items():
        if labels := completions(each):
            yield f"completions of {split}: {labels}"
    for split, each in config.splits.items():
        if shares := by_template(each):
            yield f"templates of {split}: {shares}"
    for task in config.tasks.values():
        for benchmark, split in task.benchmarks.items():
            where = f"`{split}`" if task is config.made_of else f"`{split}` of `{task.task}`"
            if split in config.splits:
                yield (
                    f"benchmark: {where} is what evaluators ask as `{benchmark}`; do not train on "
                    f"it"
                )
    yield from repeats(config)
    if left_out := _left_out(config):
        yield f"left out: {left_out}"
    for path in config.declarations:
        yield f"declared by: [{path}]({path})"
    for limit in dict.fromkeys(limit for source in config.sources for limit in source.limits):
        yield f"limit: {prose(limit)}"


def _left_out(config: PublishedConfig) -> str:
    """``12 no answer, 3 null question``: of all splits together, the most frequent first."""
    drops: Counter[str] = Counter()
    for split in config.splits.values():
        drops.update(split.drops)
    return ", ".join(f"{count:,} {prose(reason)}" for reason, count in drops.most_common())


def _example(config: PublishedConfig) -> str:
    """A row, on lines that are not too long; nothing where there is none."""
    example = next((each.example for each in config.splits.values() if each.rows), None)
    if example is None:
        return ""
    prompt = shortened(example.prompt, most=SHOWN_CHARACTERS)
    completion = shortened(example.completion, most=SHOWN_CHARACTERS)
    where = f"Template {code(example.template)}, row {code(example.id)}"
    return f"{where}:\n\n{fenced(wrapped(prompt + completion))}"


def _drops(configs: Configs) -> str:
    """How many rows of all were left out, and of each config that has any; why stands with it."""
    counts = {
        name: (
            sum(each.rows_read for each in config.splits.values()),
            sum(sum(each.drops.values()) for each in config.splits.values()),
        )
        for name, config in configs.items()
    }
    read, left_out = map(sum, zip(*counts.values(), strict=True))
    if not left_out:
        return "None: every source row was rendered."
    rows = [(f"`{name}`", f"{n:,}", f"{out:,}") for name, (n, out) in counts.items() if out]
    total = f"**{left_out:,} of {read:,} source rows** were left out:"
    return f"{total}\n\n{table(('config', 'rows read', 'left out'), rows)}"


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
    return table(("licence", "to heed", "configs"), rows)


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


def _mirrors(configs: Configs) -> Iterator[str]:
    """The configs that are made of what is not the source itself."""
    for name, config in configs.items():
        if mirrors := ", ".join(code(each.read_from) for each in config.sources if each.is_mirror):
            yield (
                f"- **`{name}`** was made of a mirror that is only where it was built ({mirrors}): "
                f"nobody else can rebuild it, or trace its rows."
            )
        if drift := "; ".join(code(line) for source in config.sources for line in source.drift):
            yield f"- **`{name}`** was made of a mirror that is not its source: {drift}."


def _pinned(repo: str, branch: str, version: str, config: str) -> str:
    """How to load what stays as it is: only the main branch has tags of its versions."""
    if branch == MAIN:
        load = f'load_dataset("{repo}", "{config}", revision="v{version}")'
        return f"A version that stays as it is: `{load}`."
    return f"`{branch}` is a branch: to load what stays as it is, name a commit of it in its place."


def _rebuild(place: str) -> str:
    return fenced(f"instruct-mix verify {place}\ninstruct-mix rebuild {place}", "sh")


def _changelog(published: Published) -> Iterator[str]:
    for version, changes in published.history.items():
        yield f"- **{version}**: {'; '.join(changes) if changes else 'the card only'}"
