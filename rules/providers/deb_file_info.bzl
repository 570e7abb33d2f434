"""A package file with the settings of its lock."""

visibility("//rules/...")

DebFileInfo = provider(
    doc = "How a package file of a lock is to be unpacked.",
    fields = {"max_size_mib": "int: how large the package may be unpacked, in MiB; 0: as large as usual packages are."},
)
