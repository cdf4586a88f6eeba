"""Hub or folder -> what it was made of. It imports all above it.

::

    verify     what is built or published, against its manifest
    declared   the task that rows were made of, known here or kept with them
    compare    rows and manifests, the first difference in words
    together   what must be made again together
    rebuild    builds what is published again, and compares
    trace      from a row's id to its source record, template and code
"""

from mixbuild.prove.declared import Show
from mixbuild.prove.rebuild import Rebuilt, rebuild
from mixbuild.prove.trace import Traced, trace
from mixbuild.prove.verify import verify

__all__ = [
    "Rebuilt",
    "Show",
    "Traced",
    "rebuild",
    "trace",
    "verify",
]
