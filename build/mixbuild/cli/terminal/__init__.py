"""What a person sees: tables with aligned columns, rows as they read, a bar for long work.

::

    text        a text or a record that is fit to be seen
    console     the two streams, the examples of a help, the one line of an error
    tables      tables whose cells are never cut
    progress    how far long work is: a bar, or lines
    catalog     tasks
    authoring   what a new task starts from
    rows        source rows, and what they are rendered to
    statistics  what the rows of a build are like
    mixtures    what a mixture takes of its parts
    builds      what was made, pinned, rebuilt, traced
    publishing  what is to be pushed, was pushed, is proven

Each command imports what it prints with: this hands nothing on, so that ``list`` loads no more
than it shows.
"""
