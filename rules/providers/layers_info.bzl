"""Layers that lie on each other."""

LayersInfo = provider(
    doc = "What a target adds to an image.",
    fields = {"layers": "List of LayerInfo, bottom to top."},
)
