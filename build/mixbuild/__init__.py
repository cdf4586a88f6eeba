"""The pipeline behind instruct_mix: source datasets -> templates -> Arrow shards.

The modules, in the order in which data flows; each imports only those above it::

    errors     every error raised on purpose, in one tree
    trouble    what goes wrong outside, retried or explained
    overlap    an iterator on a thread of its own, ahead of its consumer
    template   the three-part prompt template, parsed and joined
    slots      what a placeholder is filled with, as Arrow expressions
    identity   row ids, and choices made by hashing them
    digest     what rows are worth, whatever file holds them
    task       Source and Task: frozen declarations
    tasks      the catalog, one file per source dataset
    binding    a task, bound to the columns of its source
    render     batch of source rows -> rows + drops
    sources    the only reader of source data: Hub, mirror, samples
    shards     a unit of work -> its Arrow shard
    plan       what was asked for -> units
    manifest   what a build holds, written last
    engine     runs units: in this process, in worker processes, on a cluster
    make       plan -> shards -> manifest, resuming what was interrupted
    terminal   what a person sees
    cli        the commands
"""

__version__ = "0.1.0"
