"""The language of a task: templates, slots, options, licences. Pure; imports ``core``.

::

    template   the three-part prompt template, parsed and joined
    constants  values that are the same for every row
    kernels    functions over a column of texts, for expressions
    prose      text out of tokens, entities and tags
    slots      what a placeholder is filled with, as Arrow expressions
    stems      questions of exams that need the options below them
    options    slots for options, and the right one of them
    task       Source and Task: frozen declarations
    choice     how one task is made
    licence    licences as data, and which are held back from a push
    row_format  how a row is laid out: the row format that is asked for
    quality    which rows are taken out because of others, or of a trainer's limit
    mixture    Mixture and Part: how many rows are taken of what
    rates      a mixture and the rows that there are -> what each task is to give
    allotment  that -> how many rows each task gives
    held_out   the rows of an evaluation split -> how many each task gives
    sizes      a size in characters or tokens -> one in rows
    recipe     one YAML file that says all that a build depends on
    schema     the JSON Schema of recipes
"""

from mixbuild.declare.allotment import allocate, bounds, copies, feasible
from mixbuild.declare.choice import TaskChoice
from mixbuild.declare.constants import constant
from mixbuild.declare.held_out import held_out
from mixbuild.declare.kernels import change_where, may_hold
from mixbuild.declare.licence import (
    KINDS,
    LICENCES,
    chosen_licences,
    licence,
    policy,
    refuse_held_back,
)
from mixbuild.declare.mixture import GROUP, HeldOut, Mixture, Part, expanded, leaves
from mixbuild.declare.options import (
    ITSELF,
    LETTER,
    NUMBER,
    TEXT,
    TEXTS,
    Answer,
    Choices,
    ChoiceSlot,
    choices,
    key,
    letter,
    position,
)
from mixbuild.declare.quality import (
    Chat,
    Contamination,
    Exact,
    Leakage,
    Length,
    Near,
    Quality,
)
from mixbuild.declare.rates import apportioned, quotas
from mixbuild.declare.recipe import Recipe, Resolved, parse_recipe, recipe_text, resolve_recipe
from mixbuild.declare.row_format import (
    ALPACA,
    CANONICAL,
    DROP,
    KEEP,
    MESSAGES,
    PROMPT_COMPLETION,
    ROW_FORMATS,
    SHAREGPT,
    TEXT_FORMAT,
    RowFormat,
)
from mixbuild.declare.schema import recipe_schema
from mixbuild.declare.sizes import in_rows, size_of, unsized
from mixbuild.declare.slots import (
    Path,
    Slot,
    column,
    field,
    first,
    flag,
    holds,
    is_empty,
    is_negative,
    joined,
    label,
    labelled,
    matched,
    optional,
    project,
    replaced,
    trimmed,
)
from mixbuild.declare.stems import NEEDS_OPTIONS, is_question, needs_options
from mixbuild.declare.task import EVERY, FAMILIES, SAMPLE, SEED, TRAIN, Source, Task, trains
from mixbuild.declare.template import MARKER, NAME, Parts, Placeholder, Template, join

__all__ = [
    "ALPACA",
    "CANONICAL",
    "DROP",
    "EVERY",
    "FAMILIES",
    "GROUP",
    "ITSELF",
    "KEEP",
    "KINDS",
    "LETTER",
    "LICENCES",
    "MARKER",
    "MESSAGES",
    "NAME",
    "NEEDS_OPTIONS",
    "NUMBER",
    "PROMPT_COMPLETION",
    "ROW_FORMATS",
    "SAMPLE",
    "SEED",
    "SHAREGPT",
    "TEXT",
    "TEXTS",
    "TEXT_FORMAT",
    "TRAIN",
    "Answer",
    "Chat",
    "ChoiceSlot",
    "Choices",
    "Contamination",
    "Exact",
    "HeldOut",
    "Leakage",
    "Length",
    "Mixture",
    "Near",
    "Part",
    "Parts",
    "Path",
    "Placeholder",
    "Quality",
    "Recipe",
    "Resolved",
    "RowFormat",
    "Slot",
    "Source",
    "Task",
    "TaskChoice",
    "Template",
    "allocate",
    "apportioned",
    "bounds",
    "change_where",
    "choices",
    "chosen_licences",
    "column",
    "constant",
    "copies",
    "expanded",
    "feasible",
    "field",
    "first",
    "flag",
    "held_out",
    "holds",
    "in_rows",
    "is_empty",
    "is_negative",
    "is_question",
    "join",
    "joined",
    "key",
    "label",
    "labelled",
    "leaves",
    "letter",
    "licence",
    "matched",
    "may_hold",
    "needs_options",
    "optional",
    "parse_recipe",
    "policy",
    "position",
    "project",
    "quotas",
    "recipe_schema",
    "recipe_text",
    "refuse_held_back",
    "replaced",
    "resolve_recipe",
    "size_of",
    "trains",
    "trimmed",
    "unsized",
]
