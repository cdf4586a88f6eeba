"""What the names of files say: their format, their split, and whether some are missing.

A dataset need not have a card. Then its files are told apart by their names, as ``datasets`` does
it, but never so that files of several configs or splits are read as one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mixbuild.core import SourceError

FORMATS = {
    "parquet": "parquet",
    "geoparquet": "parquet",
    "gpq": "parquet",
    "json": "json",
    "jsonl": "json",
    "ndjson": "json",
    "csv": "csv",
    "tsv": "tsv",
    "arrow": "arrow",
}
"""The end of a file's name -> its format."""

COMPRESSED = ("gz", "zst", "bz2", "xz")
"""What may follow it, for text."""

NO_ROWS = ("README.md", "config.json", "dataset_info.json", "dataset_infos.json",
           "dataset_dict.json", "state.json")  # fmt: skip
"""Files that tell of a dataset."""

WORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "dev", "val"),
    "test": ("test", "testing", "eval", "evaluation"),
}
"""What the usual splits are called."""

SEPARATOR = r"[-._ 0-9/]"
"""What ends a word in a path."""

OF = re.compile(r"(?<![0-9])([0-9]+)([-_]of[-_])([0-9]+)(?![0-9])")
"""A file's number, and how many there are: ``00000-of-00002``."""

NUMBER = re.compile(r"(?:^|[-_ ])([0-9]+)$")
"""A file's number alone."""

PART = re.compile(r"(?:^|[-_. /])(partial|incomplete)(?=[-_. /])", re.IGNORECASE)
"""What a converter calls the beginning of a split that it did not finish."""

UNFINISHED = re.compile(
    r"\.(incomplete|partial|part|tmp|temp|crdownload|download|aria2)(?=/|$)", re.IGNORECASE
)
"""How what is still being written is called."""


def format_of(name: str) -> str | None:
    """The format of a file, by the end of its name; None for one that holds no rows.

    >>> format_of("data/train.JSONL.gz"), format_of("train-00000-of-00001.parquet")
    ('json', 'parquet')
    >>> format_of("notes.txt"), format_of("dataset_infos.json")
    (None, None)
    """
    base = name.rpartition("/")[2]
    *_, before, last = ("", "", *base.lower().split("."))
    if base in NO_ROWS or len(base.split(".")) < 2:
        return None
    found = FORMATS.get(last)
    if last in COMPRESSED and len(base.split(".")) > 2:
        inner = FORMATS.get(before)
        return inner if inner in ("json", "csv", "tsv") else None
    return found


def splits_of(where: str, names: Sequence[str], declared: Iterable[str]) -> dict[str, list[str]]:
    """Put files into splits by their names.

    Args:
        where: what an error's line begins with.
        names: of the files, from the folder of their config on.
        declared: the splits that are looked for, under their own names first; none for all.

    Raises:
        SourceError: a file's name is of two splits, or files of several configs or of different
            names would be read as one split.
    """
    declared = list(declared)
    found: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for name in names:
        if not declared and (own := _own_name(name)):
            found[own][name] = _head(name, len(name.rpartition("/")[0]) + len(own))
            continue
        ends = _ends(name, {**WORDS, **{split: WORDS.get(split, (split,)) for split in declared}})
        if len(ends) > 1 and (not declared or any(split in declared for split in ends)):
            one, other, *_ = sorted(ends)
            raise SourceError(
                f"{where}: {name!r} would be read as split {one!r} and as split {other!r}; list "
                f"the files of each split in a card (README.md)"
            )
        for split, end in ends.items():
            found[split][name] = _head(name, end)
    if not found:  # a dataset of one split, which its names need not tell
        found["train"] = {name: _head(name, None) for name in names}
    heads = {
        split: _without_others(split, each)
        for split, each in found.items()
        if not declared or split in declared
    }
    _refuse_mixed(where, heads)
    return {split: sorted(each) for split, each in heads.items()}


def _own_name(name: str) -> str | None:
    """The split of a file that is numbered as ``datasets`` numbers them, and so says its name.

    >>> _own_name("data/validation_matched-00000-of-00001.parquet")
    'validation_matched'
    """
    found = re.match(r"(\w+(?:\.\w+)*)-[0-9]{5}-of-[0-9]{5}", name.rpartition("/")[2])
    return found[1] if found else None


def _ends(name: str, words: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Where in a name the word ends that tells its split: by split, of each that it could be."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for split, each in words.items():
        one_of_them = "|".join(re.escape(word) for word in sorted({split, *each}, key=len)[::-1])
        pattern = rf"(?:^|(?<={SEPARATOR}))(?:{one_of_them})(?={SEPARATOR}|$)"
        spans[split] = [match.span() for match in re.finditer(pattern, name)]
    whole = [span for each in spans.values() for span in each]
    return {
        split: kept[0][1]
        for split, each in spans.items()
        # test is a word of ca_test, and validation of validation_matched
        if (kept := [span for span in each if not any(_is_within(span, one) for one in whole)])
    }


def _is_within(span: tuple[int, int], other: tuple[int, int]) -> bool:
    return span != other and other[0] <= span[0] and span[1] <= other[1]


def _head(name: str, end: int | None) -> tuple[str, str]:
    """The folder of a file's config, and its name up to the word that tells the split.

    >>> _head("mrpc/train/0000.parquet", len("mrpc/train"))
    ('mrpc', 'train')
    >>> _head("data/ca_test-00000-of-00001.parquet", len("data/ca_test"))
    ('data', 'ca_test')
    >>> _head("any/parts.parquet", None)
    ('any', '')
    """
    if end is None:
        return name.rpartition("/")[0], ""
    folder, _, stem = name[:end].rpartition("/")
    return folder, re.sub(r"[0-9]+", "0", stem)  # a number before it is a part's


def _without_others(split: str, heads: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """A split's files, without those that are numbered as another's: ca_test is not test."""
    if not any(_own_name(name) == split for name in heads):
        return heads
    own = (None, split, *WORDS.get(split, ()))
    return {name: head for name, head in heads.items() if _own_name(name) in own}


def _refuse_mixed(where: str, heads: Mapping[str, Mapping[str, tuple[str, str]]]) -> None:
    folders = sorted({folder or "." for each in heads.values() for folder, _ in each.values()})
    if len(folders) > 1:
        raise SourceError(
            f"{where}: expected the files of one config, got files in several folders: "
            f"{', '.join(folders)}; take one of them as the mirror, or list the files of each "
            f"config in a card (README.md)"
        )
    for split, each in heads.items():
        # two names of one split, such as test and ca_test, or dev and validation
        if len(set(each.values())) > 1:
            shown = {head: name for name, head in reversed(list(each.items()))}
            raise SourceError(
                f"{where}: files of different names would be read as split {split!r}: "
                f"{', '.join(sorted(shown.values()))}; list the files of each split in a card "
                f"(README.md), or take away those that are not of it"
            )


def refuse_parts(where: str, split: str, names: Iterable[str]) -> None:
    """Refuse files that are plainly not all of a split.

    Raises:
        SourceError: a converter stopped before its end, or a file's number is missing.
    """
    numbered: dict[str, list[tuple[int, str, int | None]]] = defaultdict(list)
    for name in names:
        if part := PART.search(name):
            raise SourceError(
                f"{where}: {name}: expected all of split {split!r}, got the {part[1].lower()} one "
                f"that a converter leaves of the beginning of a split; take a mirror that is whole"
            )
        stem = name.rpartition("/")[2].partition(".")[0]
        above = name.rpartition("/")[0]
        if of := OF.search(name.rpartition("/")[2]):
            numbered[f"{above}/{of.string[: of.start()]}"].append((int(of[1]), of[0], int(of[3])))
        elif number := NUMBER.search(stem):
            head = f"{above}/{stem[: number.start(1)]}"
            numbered[head].append((int(number[1]), number[1], None))
    for files in numbered.values():
        for fault in _gaps(files):
            raise SourceError(
                f"{where}: split {split!r}: {fault}; fetch what is missing, or take a mirror that "
                f"is whole"
            )


def _gaps(files: Sequence[tuple[int, str, int | None]]) -> Iterator[str]:
    """What is wrong with the numbers of files that are alike: number, as it stands, of how many."""
    numbers = sorted(number for number, _, _ in files)
    shown = ", ".join(text for _, text, _ in sorted(files))
    totals = sorted({total for _, _, total in files if total is not None})
    if len(totals) > 1:
        yield f"expected files of one number, got {shown}"
    elif totals:
        first = 1 if 0 not in numbers and totals[0] in numbers else 0
        expected = range(first, first + totals[0])
        if numbers != list(expected):
            which = f", numbered {first} to {expected[-1]}" if expected else ""
            yield f"expected {totals[0]} files{which}, got {shown}"
    else:
        # only a converter numbers so; to others, a number may be a year or a part that is not shown
        padded = all(text.startswith("0") and len(text) > 3 for _, text, _ in files)
        first = min(numbers[0], 1)
        if padded and numbers != list(range(first, first + len(numbers))):
            yield f"expected files numbered {first} to {numbers[-1]}, got {shown}"
