"""Mixtures: what they will give, and which rows of their tasks they take.

::

    forecast    what a mixture will give, before anything is rendered
    candidates  the rows of a task's split that a mixture may take, and their order
    choice      which rows of its tasks each split of a mixture takes
    mixture     mixtures: configs whose rows are those of tasks
"""
