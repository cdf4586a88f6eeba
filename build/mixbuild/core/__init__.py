"""What every room stands on. It imports nothing of the others.

::

    errors     every error raised on purpose, in one tree
    resources  files of the project that are not code
    vectors    between Arrow and numpy: indexing and masks
    offsets    where the texts of a column lie among its bytes
    identity   row ids, and choices made by hashing them
    digest     the rows' digest, independent of file format
    explain    what goes wrong outside, retried or explained
    prefetch   an iterator on a thread of its own, ahead of its consumer
    executor   runs units: in this process, in worker processes, on a cluster
"""
