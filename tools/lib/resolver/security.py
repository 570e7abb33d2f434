"""The suites of security updates that belong to the suites of a manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tools.lib.manifest.keyrings import archive_name
from tools.lib.manifest.manifest import AptSource

# Suites without security updates of their own.
_ROLLING = ("sid", "unstable", "experimental", "rc-buggy", "devel")
# Before Debian 11, their suites had another name.
_OLD_DEBIAN = ("buster", "stretch", "jessie", "wheezy")


def security_sources(sources: Sequence[AptSource]) -> list[AptSource]:
    """The sources of security updates of Debian and Ubuntu that are not among `sources`."""
    known = {suite for source in sources for suite in source.suites}
    found = []
    for source in sources:
        vendor = archive_name(source.archive, source.url)
        if vendor not in ("debian", "ubuntu", "ubuntu-ports"):
            continue
        suites = tuple(
            f"{suite}/updates" if suite in _OLD_DEBIAN else f"{suite}-security"
            for suite in source.suites
            if suite not in _ROLLING and "-" not in suite and "/" not in suite
        )
        suites = tuple(suite for suite in suites if suite not in known)
        known.update(suites)
        if suites and vendor == "debian":
            found.append(replace(source, archive="debian-security", url=None, suites=suites))
        elif suites:
            found.append(replace(source, suites=suites))
    return found
