"""The vocabulary for slots: what fills a placeholder, as Arrow expressions.

A slot says which source columns it reads, how a string is made of them, and
which outputs are accepted in its place. Nothing here loops over rows, and
nothing here reads or writes: Arrow evaluates the expressions, batch by batch.

>>> rows = pa.record_batch({"label": [0, 1], "answers": [{"text": ["a", "b"]}, {"text": []}]})
>>> polarity = label("label", {"neg": "negative", "pos": "positive"})
>>> project(rows, {"label": polarity.value}).to_pylist()
[{'label': 'negative'}, {'label': 'positive'}]
>>> project(rows, {"answer": first("answers", "text").value}).to_pylist()
[{'answer': 'a'}, {'answer': None}]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import TaskError
from mixbuild.declare import prose
from mixbuild.declare.constants import constant, null, only

field = pc.field
"""``pyarrow.compute.field``, under the name in which declarations use it."""

Path = tuple[str, ...]
"""A column, or a field within a struct column: ``("answers", "text")``."""


@dataclass(frozen=True, eq=False)
class Slot:
    """What fills one placeholder.

    Attributes:
        value: a string per source row; null where the row has none.
        reads: the source columns, and fields within them, that the slot needs.
        accepted: a list of strings per source row, every output that is as good
            as ``value``, which comes first; None when only ``value`` is.
        valid: a boolean per source row; a row where it is false is an error.
        expected: what ``valid`` asks for, in words, for the error's text.
        remedy: what else than a drop there is for rows that are not valid, for the error's text.
        names: every value there can be, class by class, where that is known.
        classes: of a label, what the source itself calls these classes.
        may_be_blank: whether nothing at all may fill the placeholder in a prompt.
        separator: what items of a list are joined by, whatever they hold.
    """

    value: pc.Expression
    reads: tuple[Path, ...]
    accepted: pc.Expression | None = None
    valid: pc.Expression | None = None
    expected: str = ""
    remedy: str = "name the label in the task"
    names: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    may_be_blank: bool = False
    separator: str = ""

    def trimmed(self) -> Slot:
        """The same without the white space around it; an output needs no such thing.

        Raises:
            TaskError: other outputs are accepted too, which would keep theirs. As of all that
                change a slot's text.
        """
        return self._changed("trimmed", pc.utf8_trim_whitespace)

    def detokenised(self) -> Slot:
        """The same without what a tokeniser put in: ``Poor 's``, ``-LRB-``, ``n't``."""
        return self._changed("detokenised", prose.detokenised)

    def unescaped(self) -> Slot:
        """The same with characters for HTML's entities: ``&lt;``, and `` #39;`` as well."""
        return self._changed("unescaped", prose.unescaped)

    def untagged(self) -> Slot:
        """The same without HTML's tags, with line breaks for ``<br />``."""
        return self._changed("untagged", prose.untagged)

    def spaced(self) -> Slot:
        """The same without runs of spaces and tabs, and of more than one blank line."""
        return self._changed("spaced", prose.spaced)

    def recoded(self) -> Slot:
        """The same with dashes, dots and quotation marks for what is a control character now."""
        return self._changed("recoded", prose.recoded)

    def unquoted(self) -> Slot:
        """The same without a CSV file's quotation marks: ``"Is ""it""?"``."""
        return self._changed("unquoted", prose.unquoted)

    def _changed(self, name: str, change: Callable[[pc.Expression], pc.Expression]) -> Slot:
        if self.accepted is not None:
            raise TaskError(
                f"{name}: expected a slot with one accepted output, got one with several; take a "
                f"slot of one text, such as field(...)"
            )
        return replace(self, value=change(self.value))


def column(*path: str) -> Slot:
    """A string column as it stands, or a string within a struct column."""
    return Slot(value=pc.field(*path), reads=(path,))


def first(*path: str, otherwise: str | None = None) -> Slot:
    """The first of a list of strings; all of them are accepted.

    Where the list is empty: ``otherwise``, or null without it. Null where the list is null.
    """
    texts = pc.field(*path)
    # list_element refuses a list that is too short; a slice of fixed size is padded with null
    value = pc.list_element(pc.list_slice(texts, 0, 1, return_fixed_size_list=True), constant(0))
    if otherwise is None:
        return Slot(value=value, reads=(path,), accepted=texts)
    empty = is_empty(*path)
    return Slot(
        value=pc.if_else(empty, constant(otherwise), value),
        reads=(path,),
        accepted=pc.if_else(empty, only(otherwise), texts),
    )


def joined(*path: str, separator: str | Sequence[str]) -> Slot:
    """The items of a list of strings, one after the other.

    Args:
        path: the column.
        separator: what stands between two items, whatever they hold; or several of which a row
            takes the first that none of its items holds. Null where each is held by one.
    """
    items = pc.field(*path)
    if isinstance(separator, str):
        value = pc.binary_join(items, constant(separator))
        return Slot(value=value, reads=(path,), separator=separator)
    value = null(pa.string())
    for each in reversed(separator):
        whole = pc.binary_join(items, constant(each))
        # an item that holds it makes one more of them than stand between the items
        held = pc.count_substring(whole, each) >= pc.list_value_length(items)
        value = pc.if_else(held & (whole != constant("")), value, whole)
    return Slot(value=value, reads=(path,))


def trimmed(*path: str) -> Slot:
    """A string column without the white space around it."""
    return column(*path).trimmed()


def optional(*path: str, before: str = "", after: str = "") -> Slot:
    """A string column between two texts; nothing at all where it is null or blank."""
    nothing = constant("")
    text = pc.coalesce(pc.field(*path), nothing)
    blank = pc.equal(pc.utf8_trim_whitespace(text), nothing)
    whole = pc.binary_join_element_wise(constant(before), text, constant(after), nothing)
    return Slot(value=pc.if_else(blank, nothing, whole), reads=(path,), may_be_blank=True)


def matched(*path: str, pattern: str) -> Slot:
    """What the pattern's only group, ``(?P<name>…)``, matches; null where nothing does."""
    groups = pc.extract_regex(pc.field(*path), pattern=pattern)
    return Slot(value=pc.struct_field(groups, [0]), reads=(path,))


def replaced(*path: str, pattern: str, by: str, holding: str = "") -> Slot:
    """A string column in which every match of the pattern is replaced.

    With ``holding``, only texts that hold one of these characters are searched: the
    others, if the pattern cannot match in them, need not be.
    """
    text = pc.field(*path)
    searched = text
    if holding:
        held = pc.match_substring_regex(text, f"[{re.escape(holding)}]")
        searched = pc.if_else(held, text, null(pa.string()))
    value = pc.replace_substring_regex(searched, pattern=pattern, replacement=by)
    return Slot(value=pc.coalesce(value, text) if holding else value, reads=(path,))


def flag(name: str, names: tuple[str, str]) -> Slot:
    """The name of a truth value: ``names[0]`` for false, ``names[1]`` for true."""
    value = pc.if_else(pc.field(name), constant(names[1]), constant(names[0]))
    return Slot(value=value, reads=((name,),), names=tuple(names))


def label(name: str, names: Mapping[str, str]) -> Slot:
    """What a class is called in a prompt, by the name that the source has for it.

    A column has a class as a number. Where the source says which name each number stands for, that
    is how it is read; where it does not, the first name is that of 0, the second that of 1, and so
    on. In a column of texts, the names themselves stand.

    Null stays null. Any other number or text is an error: a class that the declaration
    does not know must not vanish as a null.

    Args:
        name: the column.
        names: the source's own name of each class -> what it is called in a prompt.

    Raises:
        TaskError: the source's own names are not given.
    """
    if not isinstance(names, Mapping) or not names:
        raise TaskError(
            f"label: expected the source's own names and what each is called in a prompt, as in "
            f"{{'neg': 'negative', 'pos': 'positive'}}, got {names!r}"
        )
    return labelled(name, names, range(len(names)))


def labelled(name: str, names: Mapping[str, str], values: Sequence[int] | Sequence[str]) -> Slot:
    """A ``label``, for a column that has these values for its classes, one by one."""
    found, kinds = pc.field(name), dict(zip(map(str, values), names.values(), strict=True))
    if isinstance(values[0], str):
        text, nothing = found.cast(pa.string()), null(pa.string())
        found = pc.if_else(text == constant(""), nothing, text)  # of a row without a label
        expected = f"a label, one of {', '.join(map(repr, kinds))},"
    else:
        in_order = ", ".join(kinds[str(code)] for code in range(len(values)))
        expected = f"a label from 0 to {len(names) - 1} ({in_order})"
    value = pc.case_when(
        pc.make_struct(*(found == constant(each) for each in values)),
        *map(constant, names.values()),
    )
    return Slot(
        value=value,
        reads=((name,),),
        valid=pc.if_else(found.is_valid(), value.is_valid(), null(pa.bool_())),
        expected=expected,
        names=tuple(names.values()),
        classes=tuple(names),
    )


def holds(*path: str, pattern: str) -> pc.Expression:
    """Whether the pattern matches somewhere in a text; for a drop. Null where the text is null."""
    return pc.match_substring_regex(pc.field(*path), pattern)


def is_negative(name: str) -> pc.Expression:
    """Whether a number is below 0, as of rows without a label; for a drop. Null where it is.

    In a column of names, whether it is a dash, or a number below 0.
    """
    return pc.starts_with(pc.field(name).cast(pa.string()), "-")


def is_empty(*path: str) -> pc.Expression:
    """Whether a list column has no item; for a drop. Null where the list is null."""
    return pc.list_value_length(pc.field(*path)) == constant(0)


def project(batch: pa.RecordBatch, columns: Mapping[str, pc.Expression]) -> pa.RecordBatch:
    """Evaluate expressions over a batch of at most 32,768 rows.

    That is the most that Arrow's execution engine keeps in one piece, in order.

    Raises:
        pyarrow.ArrowInvalid: an expression names a column that the batch lacks.
        pyarrow.ArrowNotImplementedError: an expression does not fit a column's type.
    """
    # only where rows are rendered: it imports all of pandas, which takes as long as all the rest
    from pyarrow import acero

    source = acero.TableSourceNodeOptions(pa.Table.from_batches([batch]))
    target = acero.ProjectNodeOptions(list(columns.values()), list(columns))
    plan = acero.Declaration.from_sequence(
        [acero.Declaration("table_source", source), acero.Declaration("project", target)]
    )
    table = plan.to_table(use_threads=False)
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=table.schema)
