"""Five tasks of the GLUE benchmark, each in a file of its own.

Source: https://huggingface.co/datasets/nyu-mll/glue
Raw record: {"sentence1": "…", "sentence2": "…", "label": 1, "idx": 0}
    so in mrpc and rte; the texts are named differently in the others, see there.
    Each config has a licence of its own; the card says "other" for all of them.
"""

from mixbuild.tasks.glue.mnli import TASK as MNLI
from mixbuild.tasks.glue.mrpc import TASK as MRPC
from mixbuild.tasks.glue.qqp import TASK as QQP
from mixbuild.tasks.glue.rte import TASK as RTE
from mixbuild.tasks.glue.sst2 import TASK as SST2

__all__ = ["MNLI", "MRPC", "QQP", "RTE", "SST2"]
