"""The files that describe an image, for tools that compare images without their layers."""

visibility("//rules/...")

def image_metadata(image):
    """The files that describe an image and its layers.

    Args:
      image: OciImageInfo.

    Returns:
      A depset of File: the config, the manifest, and layer.json and part.json of each layer. The layers of an imported layout
      have none, so the layout is in it.
    """
    files = [image.config, image.manifest]
    others = []
    for layer in image.layers:
        files += [file for file in (layer.metadata, layer.layout) if file]
        others += [layer.parts, layer.layout_files]
    return depset(files, transitive = others)
