"""The parts of a target."""

visibility("//rules/...")

PartsInfo = provider(
    doc = "What a target contributes to a layer.",
    fields = {
        "parts": "depset of PartInfo, in preorder: the order of the parts in the layer.",
    },
)
