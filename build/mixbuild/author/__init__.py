"""For whoever writes a task. It imports all above it but ``publish`` and ``prove``.

::

    preview    a source row, and how each template fills up with it
    check      faults in declarations, and in what they render
    new        a new task's files, to be finished by hand
"""
