"""The catalog: one file per source dataset, every task named here and nowhere else.

Left out, and why: sources under a non-commercial licence, which nobody could
publish on (anli, sciq, dialogsum, no_robots, alpaca), or one without derivatives
(samsum); and sources that are scripts, which ``datasets`` does not run (xsum,
e2e_nlg, piqa under its first name).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from mixbuild.core import UsageError, one_of
from mixbuild.declare import Task
from mixbuild.tasks import (
    ag_news,
    ai2_arc,
    amazon_polarity,
    aqua_rat,
    billsum,
    boolq,
    cnn_dailymail,
    common_gen,
    commonsense_qa,
    dbpedia_14,
    dolly,
    glue,
    gsm8k,
    hellaswag,
    imdb,
    mbpp,
    nq_open,
    openbookqa,
    opus_de_en,
    paws,
    rotten_tomatoes,
    snli,
    squad,
    squad_v2,
    web_questions,
    winogrande,
)
from mixbuild.tasks.load import tasks_of

MODULES = (
    # question answering
    squad,
    squad_v2,
    boolq,
    # closed-book question answering
    nq_open,
    web_questions,
    # multiple choice
    ai2_arc,
    openbookqa,
    commonsense_qa,
    hellaswag,
    # sentiment
    imdb,
    glue.sst2,
    rotten_tomatoes,
    amazon_polarity,
    # topic
    ag_news,
    dbpedia_14,
    # natural language inference
    snli,
    glue.mnli,
    glue.rte,
    # paraphrase
    glue.mrpc,
    glue.qqp,
    paws,
    # coreference
    winogrande,
    # summarisation
    billsum,
    cnn_dailymail,
    # translation
    opus_de_en,
    # data to text
    common_gen,
    # mathematics
    gsm8k,
    aqua_rat,
    # code
    mbpp,
    # open instructions
    dolly,
)
"""In the order in which they are listed."""


def _declared_in(module: ModuleType) -> list[Task]:
    return tasks_of(vars(module), Path(str(module.__file__)).read_bytes().decode())


ALL: tuple[Task, ...] = tuple(task for module in MODULES for task in _declared_in(module))


def find(name: str, among: Iterable[Task] = ALL) -> Task:
    """The task of that name.

    Raises:
        UsageError: there is none; the message names the near ones.
    """
    known = {task.name: task for task in among}
    if name not in known:
        raise UsageError(one_of("task", name, known))
    return known[name]
