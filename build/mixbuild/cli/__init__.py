"""The door: the commands, and what a person sees. It imports everything.

::

    terminal   what a person sees
    options    options that several commands have
    build      make, lock
    catalog    list, show, new
    check      check
    publish    card, push, verify
    prove      rebuild, trace
    main       the whole
"""
