r"""Chat messages, as OpenAI and most trainers have them.

::

    {"messages": [{"role": "user", "content": "Classify …"},
                  {"role": "assistant", "content": "positive"}],
     "marker": " \n[OUTPUT]:"}
"""

from __future__ import annotations

from mixbuild.publish.formats.turns import Turns

VIEW = Turns("messages", "role", "content", ("system", "user", "assistant")).view
