"""A layer of an image. See docs/formats.md, "Layer"."""

LayerInfo = provider(
    doc = "One OCI layer: its blob, and what images need to know of it.",
    fields = {
        "blob": "File: the layer as a registry stores it (tar, tar+gzip or tar+zstd).",
        "descriptor": "File: layer.json with descriptor, diff_id, architecture, created.",
        "parts": "List of File: part.json of each part that was merged; empty for a tar from elsewhere.",
    },
)
