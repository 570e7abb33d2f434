"""Debian's short names of licenses as SPDX license identifiers.

Source: the machine-readable copyright format 1.0, section 7.1, and the SPDX license list. Names
beyond Debian's own list are taken to be SPDX's, whatever their case; names that mean nothing
definite, such as GPL without a version, have no identifier.
"""

from __future__ import annotations

import re

from license_expression import get_spdx_licensing

# Reading the license list takes as long as an SBOM. A worker does it once, with its imports.
SPDX_LICENSING = get_spdx_licensing()
"""What parses and checks SPDX expressions."""
# Otherwise the first expression of each SBOM would make the tokenizer, from the whole list.
SPDX_LICENSING.get_advanced_tokenizer()

_IDENTIFIERS = {
    identifier.lower(): identifier
    for identifier, symbol in SPDX_LICENSING.known_symbols.items()
    if not symbol.is_exception and not identifier.startswith("LicenseRef-")
}
"""The license identifiers of the SPDX list by their lower-case form."""

_NAMES = {
    "apache-2": "Apache-2.0",
    "artistic": "Artistic-1.0-Perl",
    "artistic-1": "Artistic-1.0-Perl",
    "boost-1.0": "BSL-1.0",
    "bsl-1": "BSL-1.0",
    "cc0": "CC0-1.0",
    "expat": "MIT",
    "perl": "(Artistic-1.0-Perl OR GPL-1.0-or-later)",
    "psf-2": "PSF-2.0",
}
# Without the word "exception".
_EXCEPTIONS = {
    "bison": "Bison-exception-2.2",
    "classpath": "Classpath-exception-2.0",
    "font": "Font-exception-2.0",
    "libtool": "Libtool-exception",
    "llvm": "LLVM-exception",
}
_AUTOCONF = {"2": "Autoconf-exception-2.0", "3": "Autoconf-exception-3.0"}

_GNU = re.compile(
    r"(?P<family>agpl|gpl|lgpl|gfdl)(?P<niv>-niv)?"
    r"[- ]?v?(?P<major>\d)(?:\.(?P<minor>\d))?(?P<later>\+)?"
)
_WITH = re.compile(r"(?P<license>.+?)[ -]with[ -](?P<exception>.+?)(?:[ -]exceptions?)?")


def spdx_license(name: str) -> str | None:
    """The SPDX expression for a name without `and` and `or`, None if there is none for it."""
    key = " ".join(name.split()).lower()
    if match := _WITH.fullmatch(key):
        license_id = spdx_license(match["license"])
        exception = _EXCEPTIONS.get(match["exception"])
        if match["exception"] == "autoconf" and license_id:
            exception = _AUTOCONF.get(license_id.removeprefix("GPL-")[:1])
        return f"{license_id} WITH {exception}" if license_id and exception else None
    if key in _NAMES:
        return _NAMES[key]
    if match := _GNU.fullmatch(key):
        version = f"{match['major']}.{match['minor'] or '0'}"
        niv = "-no-invariants" if match["niv"] else ""
        later = "or-later" if match["later"] else "only"
        return _IDENTIFIERS.get(f"{match['family']}-{version}{niv}-{later}")
    return _IDENTIFIERS.get(key)
