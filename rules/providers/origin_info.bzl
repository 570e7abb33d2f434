"""Where a file comes from."""

visibility("//rules/...")

OriginInfo = provider(
    doc = "What was downloaded to get a file. It is the same whichever mirror the file came from.",
    fields = {
        "cpe": "string: CPE 2.3 name of the software, or an empty string.",
        "purl": "string: package URL of the software, or an empty string.",
        "sha256": "string: sha256 of the download, in hex, or an empty string if only another hash is known.",
        "url": "string: URL in the lock, or an empty string.",
    },
)
