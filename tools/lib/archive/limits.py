"""Limits on what is read from elsewhere. docs/limits.md explains each one; a test keeps it in step.

A limit is either what Linux or the other readers of the format allow, or far beyond what any real
package or layer needs. Within them every tool stays below 500 MB of memory, and what a small input
costs is a matter of seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20

# Names. Linux: limits.h. Both counts leave out the final NUL.
MAX_NAME = 255
MAX_PATH = 4095
MAX_LINK = 4095
MAX_DEPTH = 256
"""Directories in a path. Python's own recursion limit and quadratic costs lie beyond it."""

MAX_LINK_STEPS = 1 << 23
"""Components of symlinks that are followed to place the entries of one layer."""

MAX_OWNER = (1 << 32) - 2
"""The largest uid and gid; the next number means "unchanged" to chown(2)."""

MAX_DEVICE_MAJOR = (1 << 12) - 1
MAX_DEVICE_MINOR = (1 << 20) - 1

# Tar headers. Go's archive/tar, and so every container runtime, has the same limit of 1 MiB.
MAX_EXTENDED_HEADER = MIB
MAX_XATTR_NAME = 255
MAX_XATTR_VALUE = 1 << 16
MAX_SPARSE_EXTENTS = 1 << 14

# Decompression.
MAX_DECODER_MEMORY = 130 * MIB
"""Bytes of a decoder's dictionary: xz -9 needs 64 MiB, zstd --ultra 128 MiB."""
MAX_SMALL_STREAMS = 4096
MIN_STREAM = 64
"""Concatenated streams beyond MAX_SMALL_STREAMS have to hold so many bytes each, on average."""

# Packages. The largest control archives have some MB, of md5sums of 100,000 files.
MAX_CONTROL_ARCHIVE = 32 * MIB
MAX_CONTROL_FILE = MIB
MAX_MD5SUMS = 16 * MIB

MAX_DPKG_DATABASE = 64 * MIB
"""Bytes of the files of dpkg's database in a layer. A desktop with 4,000 packages has 40 MB."""

MAX_WHEEL_RECORD = 16 * MIB
"""Bytes of the list of files of a wheel, which the largest wheels have 2 MiB of."""

# Ten times what the largest packages have.
MAX_DIRECTORIES = 1 << 17
MAX_DIRECTORY_PATHS = 16 * MIB
"""Characters of the paths of all directories, which a few deep paths have very many of."""

# ELF files. Debian's libraries need 300 others at most, and have a few search paths.
MAX_ELF_SEGMENTS = 1024
MAX_ELF_DYNAMIC = MIB
MAX_ELF_NOTES = 1 << 16
MAX_NEEDED_LIBRARIES = 1024
MAX_SEARCH_PATHS = 256

# The search for libraries in an image. Real images need a thousandth of the steps.
MAX_SEARCH_STEPS = 1 << 23
MAX_INHERITED_PATHS = 4096
"""DT_RPATHs that apply to one library: its own, and those of the libraries that load it."""

# /etc/ld.so.conf. Real ones have ten files and twenty directories.
MAX_CONFIG_FILES = 1024
MAX_CONFIG_DIRECTORIES = 4096
MAX_CONFIG_NAMES = 1 << 18
"""Names of files that are compared with the patterns of includes."""

MAX_METADATA_TEXT = 1 << 16
"""Bytes of a configuration file that later steps read from the metadata."""
MAX_TRUST_STORE = 4 << 20

# Inventories, for SBOMs. The copyright file of Chromium, which is very large, has 1 MiB.
MAX_INVENTORY_TEXT = 4 << 20
MAX_INVENTORY_TEXTS = 64 << 20
"""Bytes of a file of trusted certificates. Mozilla's certificates take 250 KB."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What one archive may expand to."""

    size: int
    """Bytes: of the archive, and of all its files with their holes."""
    entries: int
    """Entries and pieces of sparse files."""
    names: int
    """Bytes of all paths, links and extended attributes."""
    hint: str = ""
    """What the user can do about an archive that exceeds a limit."""


# What every archive may have, whatever its size.
FREE_DEB_SIZE = 64 * MIB
FREE_LAYER_SIZE = 256 * MIB
# What larger ones may have.
SIZE_RATIO = 64
FREE_ENTRIES = 1 << 17
BYTES_PER_ENTRY = 64
NAMES_PER_ENTRY = 256


def deb_limits(compressed_size: int, max_size: int | None = None, hint: str = "") -> ArchiveLimits:
    """The limits of a package's files. Debian's own packages stay below half of them.

    Args:
        compressed_size: bytes of data.tar.*.
        max_size: what the user allows, in place of a multiple of the compressed size.
        hint: see ArchiveLimits.
    """
    return _limits(compressed_size, FREE_DEB_SIZE, max_size, hint)


def layer_limits(
    compressed_size: int, max_size: int | None = None, hint: str = ""
) -> ArchiveLimits:
    """The limits of a layer, wheel or npm package, from its file's size; see `deb_limits`."""
    return _limits(compressed_size, FREE_LAYER_SIZE, max_size, hint)


def _limits(compressed_size: int, free_size: int, max_size: int | None, hint: str) -> ArchiveLimits:
    size = max(free_size, compressed_size * SIZE_RATIO) if max_size is None else max_size
    entries = max(FREE_ENTRIES, compressed_size // BYTES_PER_ENTRY)
    if max_size is not None:
        entries = max(entries, max_size // 512)  # each has a header of that size
    return ArchiveLimits(size, entries, entries * NAMES_PER_ENTRY, hint)


DEFAULT_LIMITS = ArchiveLimits(4096 * MIB, FREE_ENTRIES, FREE_ENTRIES * NAMES_PER_ENTRY)
