"""Parts: pieces of layers. See docs/formats.md, "Part"."""

PartsInfo = provider(
    doc = "Compressed runs of tar entries that merge into one layer by copying.",
    fields = {
        "parts": """List of struct, in the order of the layer:
            run: File, tar entries without directories and without the end mark, compressed;
            metadata: File, the part.json that describes it;
            label: string, who made it, for messages;
            layer: LayerInfo of a large part that is a layer by itself and is not merged, else None.""",
    },
)
