"""The JSON Schema of recipes, made from their declarations: an editor completes and checks by it.

>>> recipe_schema()["properties"]["seed"]["default"]
0
"""

from __future__ import annotations

import inspect
import re
from typing import Any

import msgspec

from mixbuild.declare.recipe import Recipe

ADDRESS = "https://json-schema.org/draft/2020-12/schema"


def recipe_schema() -> dict[str, Any]:  # as msgspec types a JSON Schema
    """What a recipe may say: each key with its type, its bounds, and what it is for."""
    made = msgspec.json.schema(Recipe, schema_hook=lambda _: {"not": {}})
    named = made.pop("$defs")
    for schema in named.values():
        if schema.get("type") == "object":
            _finish(schema)
    root = named.pop(made.pop("$ref").rpartition("/")[2])
    return {"$schema": ADDRESS, **root, "$defs": dict(sorted(named.items()))}


def _finish(schema: dict[str, Any]) -> None:  # likewise
    """Say what each key is for, and that there are no others."""
    about = inspect.cleandoc(schema.get("description", ""))
    schema["description"] = about.partition("\n\n")[0].replace("\n", " ")
    properties = schema["properties"]
    for key in [key for key in properties if not key.isidentifier()]:
        del properties[key]  # where a file of ours keeps what a version does not know
    for keys, text in re.findall(
        r"^    (\w+(?:, \w+)*): (.*(?:\n     .*)*)", about, flags=re.MULTILINE
    ):
        for key in keys.split(", "):
            if key in properties:
                properties[key]["description"] = " ".join(text.split())
    schema["additionalProperties"] = False
