r"""The rows as they are: what TRL calls the prompt-completion type.

::

    {"prompt": "Classify … \n[OUTPUT]:", "completion": " positive"}
"""

from __future__ import annotations

import pyarrow as pa

from mixbuild.publish.formats.view import View

TEXTS = ("prompt", "completion")

VIEW = View(
    dict.fromkeys(TEXTS, pa.string()),
    len(TEXTS),
    lambda rows, _, __: {name: rows.column(name) for name in TEXTS},
    lambda batch: (batch.column("prompt"), batch.column("completion")),
    ("completion",),
)
