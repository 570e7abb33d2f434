"""A layer of an image. docs/formats.md describes its files."""

visibility("//rules/...")

LayerInfo = provider(
    doc = """One layer of an image, or all layers of an imported image.

The layers of an imported image are one LayerInfo: which they are is known only when the actions run. It has a `layout` and
no `blob`.""",
    fields = {
        "blob": "File: the layer as a registry stores it (tar, tar+gzip or tar+zstd), or None.",
        "layout": "File: OCI image layout, a directory with the blobs of the imported layers, or None.",
        "layout_files": "depset of File: files outside of `layout` that its symlinks point to.",
        "metadata": "File: layer.json with the descriptor, diff_id, architecture and time, or None.",
        "parts": "depset of File, in preorder: part.json of each part of the layer. A tar from elsewhere has one, which describes it. Empty for imported layers.",
    },
)
