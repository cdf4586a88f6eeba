"""The pipeline behind instruct_mix: source datasets -> templates -> Arrow shards.

The modules, in the order in which data flows; each imports only those above it::

    errors     every error raised on purpose, in one tree
    project    files of the project that are not code
    licences   licences as data, and which are held back from a push
    trouble    what goes wrong outside, retried or explained
    overlap    an iterator on a thread of its own, ahead of its consumer
    template   the three-part prompt template, parsed and joined
    slots      what a placeholder is filled with, as Arrow expressions
    identity   row ids, and choices made by hashing them
    vectors    between Arrow and numpy: indexing and masks
    bounds     where the texts of a column lie among its bytes
    choices    slots for options, and the right one of them
    items      the items of a batch's lists, and whose each is
    answers    which of its options a row's answer names
    blank      which texts hold nothing but white space
    bare       options without letters, marks and white space of the source
    pointing   options that point at others by their places
    arrange    options put in order by hash, and shown
    utf8       which texts are none, for their bytes
    digest     what rows are worth, whatever file holds them
    task       Source and Task: frozen declarations
    tasks      the catalog, one file per source dataset
    binding    a task, bound to the columns of its source
    render     batch of source rows -> rows + drops
    sources    the only reader of source data: Hub, mirror, samples
    lock       at which commit each source is read
    pinning    writes the lock, and compares it with what the Hub has now
    shards     a unit of work -> its Arrow shard
    plan       what was asked for -> units
    check      faults in declarations, and in what they render
    preview    a source row, and how each template fills up with it
    scaffold   a new task's files, to be finished by hand
    manifest   what a build holds, written last
    engine     runs units: in this process, in worker processes, on a cluster
    make       plan -> shards -> manifest, resuming what was interrupted
    verify     every file of a build against its manifest
    parquet    Parquet files as the Hub likes them, cut by their rows alone
    export     a build's shards -> the files that are published
    versions   the published dataset's version, and what changed in it
    plots      the images on the card
    card       the published manifest -> README.md
    publication  what is to be published, file by file
    hub        the only writer to the Hub: plan, push, verify
    rebuild    builds what is published again, and compares
    trace      from a row's id to its source record, template and code
    terminal   what a person sees
    cli        the commands
"""

__version__ = "0.1.0"
