"""Manifest -> files -> Hub. It imports all above it.

Rows are published in their own columns, or in another row format, such as chat messages: an exact
view of a batch, made where files are written.

::

    formats    row formats: views of a batch of rows, and the way back
    manifest   the manifest as it is published
    parquet    Parquet files as the Hub likes them, cut by their rows alone
    containers  JSON lines, Parquet, Arrow: a file of rows, whole or not at all
    facts      what only all the rows of a split together tell
    shards     the rows of a build
    tokens     how many tokens rows have in a row format
    split      a split of a build as it is exported
    export     a build's shards -> the files that are published
    apart      large splits, written by several workers
    ends       the first and the last rows of a split
    version    the published dataset's version, and what changed in it
    plots      the images on the card
    card       the published manifest -> README.md
    shown      what the images show
    misfits    what cannot be published beside what is there
    release    what is to be published, file by file
    hub        the only writer to the Hub: plan, push, verify
    place      a build in a folder or on the Hub, and its rows
    delivery   the rows of a place in a row format, to a file or a folder of anybody's
"""

from mixbuild.publish.apart import export_splits
from mixbuild.publish.containers import CONTAINERS
from mixbuild.publish.delivery import Delivered, deliver
from mixbuild.publish.export import export_split
from mixbuild.publish.formats import Openings, columns_of, lay, openings
from mixbuild.publish.hub import push
from mixbuild.publish.hub.push import Plan, Progress, Pushed, Verified
from mixbuild.publish.manifest import (
    ARROW,
    PARQUET,
    Published,
    PublishedConfig,
    PublishedSplit,
    TokenLengths,
)
from mixbuild.publish.parquet import GROUP_ROWS, PUBLISHED_SCHEMA
from mixbuild.publish.place import Place, open_place
from mixbuild.publish.release import write_local_card
from mixbuild.publish.shards import pieces, read_pieces, read_shards
from mixbuild.publish.split import FOLDER, Split, splits

__all__ = [
    "ARROW",
    "CONTAINERS",
    "FOLDER",
    "GROUP_ROWS",
    "PARQUET",
    "PUBLISHED_SCHEMA",
    "Delivered",
    "Openings",
    "Place",
    "Plan",
    "Progress",
    "Published",
    "PublishedConfig",
    "PublishedSplit",
    "Pushed",
    "Split",
    "TokenLengths",
    "Verified",
    "columns_of",
    "deliver",
    "export_split",
    "export_splits",
    "lay",
    "open_place",
    "openings",
    "pieces",
    "push",
    "read_pieces",
    "read_shards",
    "splits",
    "write_local_card",
]
