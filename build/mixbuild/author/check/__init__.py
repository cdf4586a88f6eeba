"""Faults in declarations, and in what they render.

::

    rules         what is looked for, and how grave it is
    wording       how a template reads
    strays        what no text should hold
    chi_square    whether counts are as chance would have them
    sheets        the rows that are looked at
    samples       rules for the samples of the project's own tasks
    options       rules for tasks with options
    targets       rules for what is asked for
    lists         rules for lists that are joined, and for rows that splits have in common
    rendered      rules for what is rendered
    declarations  rules for what is declared
    run           all of them, over tasks
    report        the findings, as text and as data
"""
