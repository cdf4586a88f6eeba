"""The pipeline behind instruct_mix: source datasets -> templates -> Arrow shards.

The modules, in the order in which data flows; each imports only those above it::

    errors     every error raised on purpose
    template   the three-part prompt template, parsed and compiled
    slots      what a placeholder is filled with, as Arrow expressions
    identity   row ids, and choices made by hashing them
    task       Source and Task: frozen declarations
    tasks/     the catalog, one file per source dataset
    render     batch of source rows -> rows + drops
    sources    the only reader of source data: Hub, mirror, samples
    shards     units -> Arrow shards, and what each holds
    manifest   what a build holds, written last
    engine     runs units: in this process, in worker processes, on a cluster
    make       plan -> render -> manifest, resuming what was interrupted
    cli        the commands
"""

__version__ = "0.1.0"
