"""The layers of a target."""

visibility("//rules/...")

LayersInfo = provider(
    doc = "What a target contributes to an image.",
    fields = {
        "layers": "List of LayerInfo, bottom to top.",
    },
)
