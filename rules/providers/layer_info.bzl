"""A layer of an image. docs/formats.md describes its files."""

visibility("//rules/...")

def _make_layer_info(*, blob, metadata, inventories = depset(), parts = depset(), layout = None, layout_files = depset(), origin = None, outlines = None):
    return {
        "blob": blob,
        "inventories": inventories,
        "layout": layout,
        "layout_files": layout_files,
        "metadata": metadata,
        "origin": origin,
        "outlines": parts if outlines == None else outlines,
        "parts": parts,
    }

LayerInfo, _new_layer_info = provider(
    doc = """One layer of an image, or all layers of an imported image.

The layers of an imported image are one LayerInfo: which they are is known only when the actions run. It has a `layout` and
no `blob`.""",
    fields = {
        "blob": "File: the layer as a registry stores it (tar, tar+gzip or tar+zstd), or None. That of a pulled layer is downloaded when an action has it as an input.",
        "inventories": "depset of File: inventory.json of each part of the layer. Empty for imported and pulled layers.",
        "layout": "File: OCI image layout, a directory with the blobs of the imported layers, or None.",
        "layout_files": "depset of File: files outside of `layout` that its symlinks point to.",
        "metadata": "File: layer.json with the descriptor, diff_id, architecture and time, or None.",
        "origin": "struct(repository: string, insecure: bool): the repository that has a pulled layer, and whether its registry has plain http; or None.",
        "outlines": "depset of File, in preorder: the outline of each part of the layer, see PartInfo. By default those are `parts`.",
        "parts": "depset of File, in preorder: part.json of each part of the layer. A tar from elsewhere has one, which describes it. Empty for imported and pulled layers.",
    },
    init = _make_layer_info,
)
