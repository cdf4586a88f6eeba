"""The tasks: the catalog, one file per source dataset, and those of whoever uses it.

::

    load       the tasks that a file declares, be it the catalog's or anyone's
    catalog    every task of the project; each other module here is the file of one source
    own        the catalog with the tasks that a user or an installed package adds
"""

from mixbuild.tasks.catalog import ALL, find
from mixbuild.tasks.load import run_file
from mixbuild.tasks.own import VARIABLE, gather

__all__ = ["ALL", "VARIABLE", "find", "gather", "run_file"]
