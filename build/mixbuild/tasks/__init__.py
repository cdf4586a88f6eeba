"""The catalog: one file per source dataset, every task named here and nowhere else.

Left out, and why: sources under a non-commercial licence, which nobody could
publish on (anli, sciq, dialogsum, no_robots, alpaca), or one without derivatives
(samsum); and sources that are scripts, which ``datasets`` does not run (xsum,
e2e_nlg, piqa under its first name).
"""

from __future__ import annotations

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

ALL: tuple[Task, ...] = (
    # question answering
    squad.TASK,
    squad_v2.TASK,
    boolq.TASK,
    # closed-book question answering
    nq_open.TASK,
    web_questions.TASK,
    # multiple choice
    ai2_arc.CHALLENGE,
    ai2_arc.EASY,
    openbookqa.TASK,
    commonsense_qa.TASK,
    hellaswag.TASK,
    # sentiment
    imdb.TASK,
    glue.SST2,
    rotten_tomatoes.TASK,
    amazon_polarity.TASK,
    # topic
    ag_news.TASK,
    dbpedia_14.TASK,
    # natural language inference
    snli.TASK,
    glue.MNLI,
    glue.RTE,
    # paraphrase
    glue.MRPC,
    glue.QQP,
    paws.TASK,
    # coreference
    winogrande.TASK,
    # summarisation
    billsum.TASK,
    cnn_dailymail.TASK,
    # translation
    opus_de_en.TASK,
    # data to text
    common_gen.TASK,
    # mathematics
    gsm8k.TASK,
    aqua_rat.TASK,
    # code
    mbpp.TASK,
    # open instructions
    dolly.TASK,
)


def find(name: str) -> Task:
    """The task of that name.

    Raises:
        UsageError: there is none; the message names the near ones.
    """
    for task in ALL:
        if task.name == name:
            return task
    raise UsageError(one_of("task", name, [task.name for task in ALL]))
