"""The door: the commands, and what a person sees. It imports everything.

::

    quiet      what is not shown
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
    interrupt  Ctrl-C, whenever it comes
    main       the whole
    entry      where the program begins
"""

from mixbuild.cli import quiet as quiet  # before a library is imported that reads what it sets
