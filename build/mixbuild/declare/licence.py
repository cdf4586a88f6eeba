"""Licences as data: what each stands for, and which are held back from a push.

A source's card names its licence by an identifier of the Hub. Three kinds are
kept out of a push unless someone names them: non-commercial, no-derivatives
(every row is a derivative), and unknown. ``other`` counts as unknown: it says
that there are terms, and not which.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from mixbuild.core import LicenceError, read_project_file

POLICY = "licence_policy.json"
"""The sources that are published in spite of their licence, each with the reason."""

NON_COMMERCIAL = "non-commercial"
NO_DERIVATIVES = "no-derivatives"
SHARE_ALIKE = "share-alike"
UNKNOWN = "unknown"
HELD_BACK = frozenset({NON_COMMERCIAL, NO_DERIVATIVES, UNKNOWN})
"""Flags that keep a source out of a push unless it is named."""


@dataclass(frozen=True)
class Licence:
    """What an identifier stands for.

    Attributes:
        identifier: as the Hub spells it, ``"cc-by-sa-4.0"``.
        spdx: as SPDX spells it; None where there is no such licence.
        url: of its text; None where there is none.
        flags: what to heed.
    """

    identifier: str
    spdx: str | None = None
    url: str | None = None
    flags: frozenset[str] = frozenset()

    @property
    def held_back(self) -> bool:
        """Whether a source under it is kept out of a push unless it is named."""
        return bool(self.flags & HELD_BACK)


def _creative_commons() -> Iterator[Licence]:
    """The six licences, in the versions that sources use."""
    kinds = {
        "by": frozenset[str](),
        "by-sa": frozenset({SHARE_ALIKE}),
        "by-nc": frozenset({NON_COMMERCIAL}),
        "by-nd": frozenset({NO_DERIVATIVES}),
        "by-nc-sa": frozenset({NON_COMMERCIAL, SHARE_ALIKE}),
        "by-nc-nd": frozenset({NON_COMMERCIAL, NO_DERIVATIVES}),
    }
    for kind, flags in kinds.items():
        for version in ("2.0", "2.5", "3.0", "4.0"):
            yield Licence(
                f"cc-{kind}-{version}",
                f"CC-{kind.upper()}-{version}",
                f"https://creativecommons.org/licenses/{kind}/{version}/",
                flags,
            )


LICENCES: Mapping[str, Licence] = {
    each.identifier: each
    for each in (
        *_creative_commons(),
        Licence("cc0-1.0", "CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
        Licence("mit", "MIT", "https://opensource.org/license/mit"),
        Licence("apache-2.0", "Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0"),
        Licence("bsd-3-clause", "BSD-3-Clause", "https://opensource.org/license/bsd-3-clause"),
        Licence("odc-by", "ODC-By-1.0", "https://opendatacommons.org/licenses/by/1-0/"),
        Licence(
            "odbl",
            "ODbL-1.0",
            "https://opendatacommons.org/licenses/odbl/1-0/",
            frozenset({SHARE_ALIKE}),
        ),
        Licence(
            "gpl-3.0",
            "GPL-3.0-only",
            "https://www.gnu.org/licenses/gpl-3.0",
            frozenset({SHARE_ALIKE}),
        ),
        Licence("other", flags=frozenset({UNKNOWN})),
        Licence("unknown", flags=frozenset({UNKNOWN})),
    )
}


def licence(identifier: str) -> Licence:
    """What an identifier stands for; unknown when it is not in the table.

    >>> licence("cc-by-nc-4.0").flags
    frozenset({'non-commercial'})
    >>> licence("c-uda").held_back
    True
    """
    return LICENCES.get(identifier, Licence(identifier, flags=frozenset({UNKNOWN})))


def policy() -> dict[str, dict[str, str]]:
    """The project's own: ``repo -> {"license": identifier, "reason": why it may be published}``."""
    named: dict[str, dict[str, str]] = json.loads(read_project_file(POLICY))["named"]
    return named


def refuse_held_back(sources: Iterable[tuple[str, str, str]], *, allowed: Collection[str]) -> None:
    """Refuse to publish what nobody has named.

    Args:
        sources: config, repo and licence of each source of each config.
        allowed: identifiers that are named for this push.

    Raises:
        LicenceError: naming every config whose licence is held back.
    """
    named = policy()
    held: dict[str, list[str]] = {}
    for name, repo, identifier in sources:
        by_policy = named.get(repo, {}).get("license") == identifier
        if licence(identifier).held_back and identifier not in allowed and not by_policy:
            held.setdefault(identifier, []).append(name)
    if held:
        what = "; ".join(
            f"{', '.join(names)}: {identifier} ({', '.join(sorted(licence(identifier).flags))})"
            for identifier, names in held.items()
        )
        raise LicenceError(
            f"expected licences that may be published, got {what}; leave these configs out, name "
            f"the source in build/{POLICY}, or say --allow-licences {','.join(held)}"
        )


def refuse_others(tasks: Mapping[str, str], *, allowed: Collection[str]) -> None:
    """Refuse tasks whose licence is not among those that were asked for.

    Args:
        tasks: name -> identifier.
        allowed: identifiers; all are when it is empty.

    Raises:
        LicenceError: naming every task that is not.
    """
    others = [f"{name} ({each})" for name, each in tasks.items() if each not in allowed]
    if allowed and others:
        raise LicenceError(
            f"expected only the licences {', '.join(sorted(allowed))}, got {', '.join(others)}; "
            f"leave these tasks out, or name theirs with --allow-licences"
        )
