"""The only writer to the Hub: plan, push, verify.

::

    client     the Hub's client, and what asks it
    remote     what a repo holds at one commit
    refs       the repo, the branch and the tags around a commit
    published  its card and its manifest
    changes    what a push would change
    history    what a commit came after
    plan       a push that has not happened yet
    refusals   what is refused before anything is written or sent
    send       files on their way, ahead of the commit that names them
    early      files on their way while the next ones are written
    commit     everything in one commit, or nothing
    rows       the published rows, as they lie there
    load       a config as its users load it
    verify     what is published against its manifest, file by file and row by row
    branches   where a push goes: a branch for each row format
    push       a build, published and proven
"""
