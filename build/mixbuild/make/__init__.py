"""Sources -> shards and their manifest. It imports all above it but ``tasks``.

::

    shard      a unit of work -> its Arrow shard
    plan       what was asked for -> units
    manifest   what a build holds, written last
    run        plan -> shards -> manifest, resuming what was interrupted
    verify     every file of a build against its manifest
"""
