"""The language of a task: templates, slots, options, licences. Pure; imports ``core``.

::

    template   the three-part prompt template, parsed and joined
    slots      what a placeholder is filled with, as Arrow expressions
    options    slots for options, and the right one of them
    task       Source and Task: frozen declarations
    licence    licences as data, and which are held back from a push
"""
