"""Sources -> shards and their manifest. It imports all above it but ``tasks``.

::

    shard      a unit of work -> its Arrow shard
    plan       what was asked for -> units
    manifest   what a build holds, written last
    run        plan -> shards -> manifest, resuming what was interrupted
    verify     every file of a build against its manifest
"""

from mixbuild.make.manifest import expect
from mixbuild.make.plan import Request, plan
from mixbuild.make.run import Made, Report, make
from mixbuild.make.shard import Unit, choice_hashes, rows
from mixbuild.make.verify import Verified, verify_folder

__all__ = [
    "Made",
    "Report",
    "Request",
    "Unit",
    "Verified",
    "choice_hashes",
    "expect",
    "make",
    "plan",
    "rows",
    "verify_folder",
]
