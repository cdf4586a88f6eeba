"""Hub or folder -> what it was made of. It imports all above it.

::

    rebuild    builds what is published again, and compares
    trace      from a row's id to its source record, template and code
"""
