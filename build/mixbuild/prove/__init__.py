"""Hub or folder -> what it was made of. It imports all above it.

::

    verify     what is built or published, against its manifest
    rebuild    builds what is published again, and compares
    trace      from a row's id to its source record, template and code
"""

from mixbuild.prove.rebuild import Rebuilt, rebuild
from mixbuild.prove.trace import Traced, trace
from mixbuild.prove.verify import verify

__all__ = [
    "Rebuilt",
    "Traced",
    "rebuild",
    "trace",
    "verify",
]
