"""A new task's files, to be finished by hand.

::

    columns      what each column of the source may be for, and its name as Python text
    options      which columns hold options, and which says the right one
    guess        which columns are asked, and which answers
    declaration  the text of the declaration
    samples      rows of the source's shape, made up
    start        all of it, written
"""
