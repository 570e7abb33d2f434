"""Flags of tools that read an image's files from the metadata of its layers: tools/lib/rootfs/image_flags.py."""

load("//rules/providers:layers_info.bzl", "LayersInfo")
load("//rules/providers:parts_info.bzl", "PartsInfo")
load(":base_image.bzl", "image_of_target")

visibility("//rules/...")

def _add_layers(args, layers, with_digests = False):
    """Adds flags for layers, and returns a list of depsets of File, the inputs. A layer without metadata is read whole."""
    inputs = []
    for layer in layers:
        if layer.layout:
            args.add_all("--layout", [layer.layout], expand_directories = False)
            inputs.append(depset([layer.layout], transitive = [layer.layout_files]))
        elif layer.parts:
            parts = layer.parts if with_digests else layer.outlines
            args.add_all(parts, before_each = "--part")
            inputs.append(parts)
        else:
            args.add("--tar", layer.blob)
            inputs.append(depset([layer.blob]))
    return inputs

def add_image(args, image, with_digests = False):
    """Adds flags for the layers of an image.

    Args:
      args: Args to add to.
      image: OciImageInfo.
      with_digests: bool, whether the tool reads digests and sizes of files, too.

    Returns:
      A list of depsets of File, the inputs.
    """
    inputs = []
    if [layer for layer in image.layers if layer.layout]:
        # It names the layers of the layout.
        args.add("--base-manifest", image.manifest)
        inputs.append(depset([image.manifest]))
    return inputs + _add_layers(args, image.layers, with_digests)

def add_base(ctx, args, target):
    """Adds flags for the layers of the image that a target is, or that it has for the target platform.

    Args:
      ctx: the rule's context. Its attributes include IMPORT_ATTRS.
      args: Args to add to.
      target: Target of an `oci_image` or `oci_image_index`, or of an OCI image layout.

    Returns:
      A list of depsets of File, the inputs.
    """
    return add_image(args, image_of_target(ctx, ctx.label.name, target))

def add_target(args, target):
    """Adds flags for what a target adds to an image.

    Args:
      args: Args to add to.
      target: Target with PartsInfo, LayersInfo, or tar files.

    Returns:
      A list of depsets of File, the inputs.
    """
    if PartsInfo in target:
        outlines = depset([part.outline for part in target[PartsInfo].parts.to_list()])
        args.add_all(outlines, before_each = "--part")
        return [outlines]
    if LayersInfo in target:
        return _add_layers(args, target[LayersInfo].layers)
    args.add_all(target[DefaultInfo].files, before_each = "--tar")
    return [target[DefaultInfo].files]
