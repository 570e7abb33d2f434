"""One part. docs/formats.md describes its files."""

visibility("//rules/...")

PartInfo = provider(
    doc = "Compressed tar entries of one source, such as a package, that are joined to a layer by copying them.",
    fields = {
        "blob": "File: tar entries without directories and without the end mark, compressed.",
        "inventory": "File: inventory.json, what SBOMs need besides `metadata`.",
        "label": "string: what made the part, for errors.",
        "layer": "LayerInfo of a large part that is a layer of its own and is not merged with others, or None.",
        "metadata": "File: part.json, which describes the entries and their directories.",
        "outline": "File: part.json without digests and sizes, for actions that do not depend on them. Of a package it is `metadata`.",
        "package": "struct(name: string; source: string, name of the source package; size: int, bytes of the package file, 0 if not known) of a Debian package, or None.",
    },
)
