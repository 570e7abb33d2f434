"""Images as arguments of programs that ship them."""

load("//rules/providers:oci_image_info.bzl", "OciImageInfo")
load("//rules/providers:oci_index_info.bzl", "OciIndexInfo")
load(":cas.bzl", "in_cas")
load(":image_file.bzl", "only_image_file")
load(":labels.bzl", "display_label")

visibility("//rules/...")

def _layer_arguments(layer, pulls):
    """The flags of a layer that has a blob."""
    if not (pulls and layer.origin):
        return ["--layer", layer.metadata, layer.blob]
    flag = "--insecure-pulled-layer" if layer.origin.insecure else "--pulled-layer"
    return [flag, layer.metadata, layer.origin.repository]

def image_content(ctx, target, pulls = False, lacks_blobs = False):
    """The flags and files of an image or index, for tools that have the flags of tools/lib/registry/content_flags.py.

    Args:
      ctx: the rule's context.
      target: Target of an image, of an index, or of exactly one directory, an OCI image layout.
      pulls: bool, whether the tool gets pulled layers from their repositories, so that they need not be downloaded before.
      lacks_blobs: bool, whether the tool gets layers that actions make from a cache, so that they need not be downloaded either.

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
        layout = only_image_file(ctx, target, target[DefaultInfo].files.to_list())
        return struct(
            arguments = arguments + ["--layout", layout],
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
        elif not (lacks_blobs and in_cas(layer.blob)):
            arguments += _layer_arguments(layer, pulls)
    return struct(
        arguments = arguments,
        files = files,
        reports = depset(transitive = [image.reports for image in images]),
    )
