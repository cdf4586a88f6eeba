"""The only writer to the Hub: plan, push, verify.

::

    remote     what a repo holds at one commit
    refs       the repo, the branch and the tags around a commit
    published  its card and its manifest
    changes    what a push would change
    commit     everything in one commit, or nothing
    rows       the published rows, as they lie there
    verify     what is published against its manifest, file by file and row by row
    push       a build, published and proven
"""
