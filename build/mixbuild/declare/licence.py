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

from mixbuild.core import LicenceError, UsageError, in_checkout, one_of, read_project_file

POLICY = "licence_policy.json"
"""The sources that are published in spite of their licence, each with the reason."""

NON_COMMERCIAL = "non-commercial"
NO_DERIVATIVES = "no-derivatives"
SHARE_ALIKE = "share-alike"
UNKNOWN = "unknown"
PERMISSIVE = "permissive"
ATTRIBUTION = "attribution"
KINDS = (PERMISSIVE, ATTRIBUTION, SHARE_ALIKE, NON_COMMERCIAL, NO_DERIVATIVES, UNKNOWN)
"""What a licence asks for above all, from the least to the most; each licence is of one kind."""

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

    @property
    def kind(self) -> str:
        """One of ``KINDS``: the one that asks for the most.

        >>> [licence(each).kind for each in ("mit", "cc-by-4.0", "cc-by-nc-sa-4.0", "other")]
        ['permissive', 'attribution', 'non-commercial', 'unknown']
        """
        flagged = [each for each in KINDS if each in self.flags]
        named = ATTRIBUTION if self.identifier.startswith(("cc-by-", "odc-by")) else PERMISSIVE
        return flagged[-1] if flagged else named


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
        UsageError: there is no such identifier.
    """
    named = policy()
    sources = list(sources)
    there = {identifier for _, _, identifier in sources}
    for identifier in allowed:
        if identifier not in LICENCES and identifier not in there:
            raise UsageError(one_of("licence", identifier, sorted(there | LICENCES.keys())))
    held: dict[str, list[str]] = {}
    for name, repo, identifier in sources:
        by_policy = named.get(repo, {}).get("license") == identifier
        if licence(identifier).held_back and identifier not in allowed and not by_policy:
            held.setdefault(identifier, []).append(name)
    if held:
        what = "; ".join(
            f"{', '.join(names)}: {identifier}{_why(identifier)}"
            for identifier, names in held.items()
        )
        # an installed package has no list of exceptions that a user could add to
        name = f"name the source in build/{POLICY}, " if in_checkout() else ""
        raise LicenceError(
            f"expected licences that may be published, got {what}; leave these configs out, {name}"
            f"or say --allow-licences {','.join(held)}"
        )


def _why(identifier: str) -> str:
    """Why a licence is held back, in brackets, where its identifier does not say so itself."""
    flags = licence(identifier).flags - {identifier}
    return f" ({', '.join(sorted(flags))})" if flags else ""


def chosen_licences(words: Iterable[str], known: Collection[str]) -> frozenset[str]:
    """The identifiers that words choose: each a kind of ``KINDS``, an identifier, or SPDX's.

    Args:
        words: in any case.
        known: the identifiers there are to choose from.

    Raises:
        UsageError: a word is none of these.

    >>> sorted(chosen_licences(["permissive", "CC-BY-4.0"], ["mit", "cc-by-4.0", "other"]))
    ['cc-by-4.0', 'mit']
    """
    return frozenset(each for word in words for each in _chosen(word, known))


def _chosen(word: str, known: Collection[str]) -> Iterator[str]:
    lower = word.lower()
    if lower in KINDS:
        yield from (each for each in known if licence(each).kind == lower)
        return
    by_name = {each.identifier: each.identifier for each in LICENCES.values()}
    by_name |= {each.spdx.lower(): each.identifier for each in LICENCES.values() if each.spdx}
    by_name |= {each.lower(): each for each in known}
    if lower not in by_name:
        raise UsageError(one_of("licence", word, dict.fromkeys((*KINDS, *by_name.values()))))
    yield by_name[lower]
