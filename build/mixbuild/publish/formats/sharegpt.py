r"""Conversations, as ShareGPT's exports have them.

::

    {"conversations": [{"from": "human", "value": "Classify …"},
                       {"from": "gpt", "value": "positive"}],
     "marker": " \n[OUTPUT]:"}
"""

from __future__ import annotations

from mixbuild.publish.formats.turns import Turns

VIEW = Turns("conversations", "from", "value", ("system", "human", "gpt")).view
