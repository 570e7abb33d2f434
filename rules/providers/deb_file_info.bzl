"""A package file with the settings of its lock."""

visibility("//rules/...")

DebFileInfo = provider(
    doc = "What a lock says about a package file.",
    fields = {
        "max_size_mib": "int: how large the package may be unpacked, in MiB; 0: as large as usual packages are.",
        "size": "int: bytes of the file, 0 if the lock does not say.",
        "source": "string: name of the source package.",
    },
)
