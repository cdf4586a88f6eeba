"""Sources -> shards and their manifest. It imports all above it but ``tasks``.

::

    claim      that a mirror has the rows of a lock, shown while they are read
    trim       to how many tokens rows are cut
    unit       the atom of work, and the rows that it makes
    keys       what a shard's rows say, in a file beside it
    shard      a unit -> its Arrow shard
    declaration  the file that declares a task, kept and published
    made_of    what a config is made of
    overlaps   what the rows of a build say more than once
    config     what is published under a name
    odd        what the entry of a config says that cannot be
    plan       what was asked for -> units
    recipe     a recipe's file -> what is asked for
    card       the card beside the shards, as long as it tells of them
    manifest   what a build holds, written last
    staging    the shards of a build that is not finished yet
    verdict    whether a mirror has the rows of a lock, once they are read
    listing    a config's shards where the manifest lists them
    workers    the rendering of units, in as many processes as are worth it
    run        plan -> shards -> manifest, resuming what was interrupted
"""

from mixbuild.make.card import CARD, CARD_BEGINS
from mixbuild.make.config import (
    Built,
    BuiltSplit,
    Config,
    ListedShard,
    Noted,
    Removed,
    Selected,
    SplitEntry,
    listed_with,
    whole,
    without,
)
from mixbuild.make.declaration import DECLARATIONS
from mixbuild.make.keys import keys_path, read_keys, read_shingles
from mixbuild.make.made_of import (
    MIXTURE,
    Asked,
    MixedTask,
    Name,
    OfMixture,
    OfTask,
    RecipeEntry,
    SourceEntry,
    Taken,
)
from mixbuild.make.manifest import FILE, Manifest, expect, refuse_format
from mixbuild.make.manifest import load as load_manifest
from mixbuild.make.manifest import save as save_manifest
from mixbuild.make.odd import contradictions
from mixbuild.make.overlaps import Clusters, Leaks, Overlaps
from mixbuild.make.plan import Plan, Request, judged, plan
from mixbuild.make.recipe import read_recipe, request_of, shipped_recipes
from mixbuild.make.run import Made, make
from mixbuild.make.shard import Shard, read_shard
from mixbuild.make.trim import Trim, limit_of, trim_of
from mixbuild.make.unit import Projection, Unit, rows, source_rows

__all__ = [
    "CARD",
    "CARD_BEGINS",
    "DECLARATIONS",
    "FILE",
    "MIXTURE",
    "Asked",
    "Built",
    "BuiltSplit",
    "Clusters",
    "Config",
    "Leaks",
    "ListedShard",
    "Made",
    "Manifest",
    "MixedTask",
    "Name",
    "Noted",
    "OfMixture",
    "OfTask",
    "Overlaps",
    "Plan",
    "Projection",
    "RecipeEntry",
    "Removed",
    "Request",
    "Selected",
    "Shard",
    "SourceEntry",
    "SplitEntry",
    "Taken",
    "Trim",
    "Unit",
    "contradictions",
    "expect",
    "judged",
    "keys_path",
    "limit_of",
    "listed_with",
    "load_manifest",
    "make",
    "plan",
    "read_keys",
    "read_recipe",
    "read_shard",
    "read_shingles",
    "refuse_format",
    "request_of",
    "rows",
    "save_manifest",
    "shipped_recipes",
    "source_rows",
    "trim_of",
    "whole",
    "without",
]
