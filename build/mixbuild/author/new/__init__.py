"""A new task's files, to be finished by hand.

::

    literal      Python literals that are easy to edit
    columns      what each column may be for
    options      which columns hold options
    guess        which columns are asked, which answer
    declaration  the text of the declaration
    samples      rows of the source's shape, made up
    catalog      where the catalog names a task
    scaffold     all of it, written
"""
