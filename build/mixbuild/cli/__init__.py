"""The door: the commands, and what a person sees. It imports everything.

::

    terminal   what a person sees
    options    options that several commands have
    recipes    what the commands that take a recipe have in common
    select     the tasks that a command works on
    build      make, lock
    catalog    list
    author     show, new
    check      check
    statistics  stats
    mix        mix plan, mix schema
    export     export
    publish    card, push, verify
    prove      rebuild, trace
    start      what pyarrow is spared when a process begins
    main       the whole
"""

import os

# the libraries' own messages would stand beside our one line; read when they are imported
os.environ.setdefault("DATASETS_VERBOSITY", "critical")
os.environ.setdefault("HF_HUB_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # ours show the whole
os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
