"""How a source's text files are written, as its card says it in the words of pandas."""

from __future__ import annotations

from dataclasses import dataclass

from mixbuild.core import SourceError
from mixbuild.sources.formats.opened import UTF_8
from mixbuild.sources.location import Place

HARMLESS = ("on_bad_lines", "low_memory", "engine", "chunksize", "memory_map", "verbose")
"""What a card may say that changes no row."""

QUOTE_NONE = 3
"""What pandas and Python call a file without quotes."""


@dataclass(frozen=True)
class Dialect:
    """How a file is written.

    Attributes:
        delimiter: what stands between two fields.
        quote: what stands around a field that holds a delimiter or a line break; empty for nothing.
        names: the columns, where no line of the file names them.
        header: the number of the line that names the columns; None where there is none.
        skipped: the numbers of the lines that are not read.
        encoding: of the text.
    """

    delimiter: str = ","
    quote: str = '"'
    names: tuple[str, ...] = ()
    header: int | None = 0
    skipped: tuple[int, ...] = ()
    encoding: str = UTF_8


def dialect_of(place: Place) -> Dialect:
    """What a source's card says of its files.

    Raises:
        SourceError: it asks for what would change what is read, in a way that is not known here.
    """
    said = {name: value for name, value in place.options.items() if name not in HARMLESS}
    usual = "\t" if place.format == "tsv" else ","
    names = said.pop("names", None) or said.pop("column_names", None) or []
    header = said.pop("header", "infer")
    skipped = said.pop("skiprows", None) or []
    delimiter = said.pop("sep", None) or said.pop("delimiter", None) or usual
    quote = said.pop("quotechar", '"')
    encoding = encoding_of(place)
    said.pop("encoding", None)
    if said.get("quoting") in (0, QUOTE_NONE, None):
        quote = "" if said.pop("quoting", None) == QUOTE_NONE else quote
    header = (None if names else 0) if header == "infer" else header
    lines = list(range(skipped)) if isinstance(skipped, int) and _is_line(skipped) else skipped
    known = {
        "header": _is_line(header) or (header is None and names),
        "names": isinstance(names, list),
        "quotechar": quote == "" or _is_byte(quote),
        "sep": _is_byte(delimiter),
        "skiprows": isinstance(lines, list) and all(map(_is_line, lines)),
    }
    asked = {"header": header, "names": names, "quotechar": quote}
    asked |= {"sep": delimiter, "skiprows": skipped}
    said |= {name: asked[name] for name, is_known in known.items() if not is_known}
    for name, value in said.items():
        raise _unknown(place, name, value)
    return Dialect(
        delimiter,
        quote,
        tuple(map(str, names)),
        header,
        tuple(lines),
        encoding,
    )


def encoding_of(place: Place) -> str:
    """In which encoding a source's card says that its texts are; UTF-8 where it does not.

    Raises:
        SourceError: there is none of that name.
    """
    encoding = place.options.get("encoding") or UTF_8
    if not _is_encoding(encoding):
        raise _unknown(place, "encoding", encoding)
    return str(encoding)


def _unknown(place: Place, name: str, value: object) -> SourceError:
    kind = "JSON" if place.format == "json" else "CSV"
    return SourceError(
        f"{place.label}: the card asks for {name}={value!r} in reading {kind}, which is not known "
        f"here; take it out of the card, or take a mirror in another format"
    )


def _is_line(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_byte(value: object) -> bool:
    return isinstance(value, str) and len(value.encode()) == 1


def _is_encoding(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(" ".encode(value))
    except (LookupError, ValueError):  # it may be the name of a codec that encodes nothing
        return False
