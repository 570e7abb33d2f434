"""How often source packages changed in Debian's stable releases.

Counted in the updates of the package locks of https://github.com/GoogleContainerTools/distroless from 2024-04-18 to
2026-03-20, which tests/bench/updates.json lists; a test counts them again. Sources that no such update changed are missing.
"""

visibility([
    "//rules/...",
    "//tests/bench/...",
])

# Updates that were counted.
UPDATES = 37

# By source, without the version that is part of some names: how many of them changed it.
SOURCE_UPDATES = {
    "base-files": 9,
    "ca-certificates": 1,
    "e2fsprogs": 3,
    "expat": 1,
    "freetype": 2,
    "gcc": 1,
    "glib": 7,
    "glibc": 8,
    "krb": 3,
    "libpng": 2,
    "openjdk": 8,
    "openssl": 11,
    "python": 4,
    "sqlite": 3,
    "tzdata": 5,
    "util-linux": 3,
    "xz-utils": 1,
}
