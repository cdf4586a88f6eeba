"""Manifest -> files -> Hub. It imports all above it.

::

    parquet    Parquet files as the Hub likes them, cut by their rows alone
    export     a build's shards -> the files that are published
    version    the published dataset's version, and what changed in it
    plots      the images on the card
    card       the published manifest -> README.md
    release    what is to be published, file by file
    hub        the only writer to the Hub: plan, push, verify
"""
