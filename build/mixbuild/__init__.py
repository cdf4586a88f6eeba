"""The pipeline behind instruct_mix: source datasets -> templates -> Arrow shards -> the Hub.

A task is a projection, a split is units, a shard is never rewritten; whatever must see many rows
makes a selection; only export makes files.

The rooms, in the order in which data flows; each imports only those above it, and says in its own
docstring what lies in it, in the same order::

    core       what every room stands on
    declare    the language of a task
    tasks      the catalog, one file per source dataset, and its samples
    render     a batch of source rows -> rows and drops
    sources    the only reader of source data: Hub, mirror, samples
    make       sources -> shards and their manifest
    curate     shards -> selections: which rows of which shards, in which order
    publish    manifest -> files -> Hub
    prove      Hub or folder -> what it was made of
    author     for whoever writes a task: check, new, preview
    cli        the commands, and what a person sees
"""

__version__ = "0.1.0"
