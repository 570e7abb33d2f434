"""Images as arguments of programs that ship them."""

load("//rules/providers:oci_image_info.bzl", "OciImageInfo")
load("//rules/providers:oci_index_info.bzl", "OciIndexInfo")
load(":labels.bzl", "display_label")

visibility("//rules/...")

def image_content(ctx, target):
    """The flags and files of an image or index, for tools that have the flags of tools/lib/registry/content_flags.py.

    Args:
      ctx: the rule's context.
      target: Target of an image, of an index, or of exactly one directory, an OCI image layout.

    Returns:
      struct(arguments: list of strings and Files; files: list of depset of File, what symlinks in layouts lead to;
      reports: depset of File, of the checks: an image with findings is not shipped).
    """
    arguments = ["--label", display_label(target.label)]
    if OciIndexInfo in target:
        arguments += ["--index", target[OciIndexInfo].index]
        images = target[OciIndexInfo].images
    elif OciImageInfo in target:
        images = [target[OciImageInfo]]
    else:
        directories = target[DefaultInfo].files.to_list()
        if len(directories) != 1:
            fail("%s: %s is not an image: it has %d files (hint: an image is one directory, an OCI image layout)" % (
                display_label(ctx.label),
                display_label(target.label),
                len(directories),
            ))
        return struct(
            arguments = arguments + ["--layout", directories[0]],
            files = [target[DefaultInfo].default_runfiles.files],
            reports = depset(),
        )
    for image in images:
        arguments += ["--manifest", image.manifest, "--config", image.config]
    files = []

    # Images of one index share layers.
    layers = {layer.layout or layer.blob: layer for image in images for layer in image.layers}
    for layer in layers.values():
        if layer.layout:
            arguments += ["--layout", layer.layout]
            files.append(layer.layout_files)
        else:
            arguments += ["--layer", layer.metadata, layer.blob]
    return struct(
        arguments = arguments,
        files = files,
        reports = depset(transitive = [image.reports for image in images]),
    )
