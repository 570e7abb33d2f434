"""What resolving the sets of a manifest gives for one architecture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tools.lib.apt.packages import IndexPackage
from tools.lib.debian.lock import PackageKey
from tools.lib.debian.relations import Relation


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a set cannot be resolved. As text: `{path}: {what} on {architectures}{detail}`.

    Attributes:
        path: the field of the manifest: `sets.app`.
        what: what is wrong.
        detail: what there is instead, with the punctuation before it.
        hint: what the user can do.
        packages: the names that it is about, those to move on first.
        is_missing: whether a set with `dependencies: explicit` lacks something.
        may_be_outdated: whether a newer version of a package that is not in the base image would
            help.
    """

    path: str
    what: str
    detail: str
    hint: str
    packages: tuple[frozenset[str], ...] = ()
    is_missing: bool = False
    may_be_outdated: bool = False


@dataclass(frozen=True, slots=True)
class Resolution:
    """All sets for one architecture.

    Attributes:
        sets: by the name of a set, the packages that it adds to its bases, by name.
        depends: by package, the packages that satisfy its dependencies.
        ignored: by the name of a set, the ignored dependencies that were missing.
        counted_on: the packages of the base image that satisfy a dependency or are in a set.
        newer: kept packages of the lock before, and what would be taken without it.
        problems: if there are any, the rest is incomplete.
        causes: by the name of a set, for each package that a dependency added, which package
            depends on it and on what.
        missing: by the name of a set with `dependencies: explicit`, the packages that it lacks,
            each with the reason.
        outdated: if there are problems, the packages of the base image that are newer than in all
            sources.
    """

    sets: Mapping[str, Mapping[str, IndexPackage]]
    depends: Mapping[PackageKey, frozenset[PackageKey]]
    ignored: Mapping[str, frozenset[str]]
    counted_on: frozenset[str]
    newer: Sequence[tuple[IndexPackage, IndexPackage]]
    problems: Sequence[Problem]
    causes: Mapping[str, Mapping[str, tuple[str, Relation]]]
    missing: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    outdated: Sequence[IndexPackage] = ()
