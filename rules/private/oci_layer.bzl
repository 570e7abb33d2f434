"""Layers: merged from parts, or described where a finished tar comes from elsewhere."""

load("//rules/providers:layer_info.bzl", "LayerInfo")
load("//rules/providers:layers_info.bzl", "LayersInfo")
load("//rules/providers:oci_image_info.bzl", "OciImageInfo")
load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "PythonToolInfo", "run_python_tool")
load(":labels.bzl", "recorded", "shown")
load(":part.bzl", "COMPRESSION_SUFFIX", "PART_ATTRS", "compression")

LAYER_ATTRS = PART_ATTRS | {
    "_merge_layer": attr.label(
        default = "//tools/oci_layer",
        cfg = "exec",
        providers = [PythonToolInfo],
    ),
}

def merge_parts(ctx, name, parts, *, lower = []):
    """Joins parts to one layer.

    Args:
      ctx: the rule's context; its attributes include LAYER_ATTRS.
      name: prefix of the files to make.
      parts: list of structs as in PartsInfo.
      lower: list of File: part.json of the parts in the layers below, for the check of paths.

    Returns:
      A LayerInfo.
    """
    kind = compression(ctx)
    blob = ctx.actions.declare_file("%s.tar.%s" % (name, COMPRESSION_SUFFIX[kind]))
    descriptor = ctx.actions.declare_file(name + ".layer.json")
    args = ctx.actions.args()
    args.add("--blob-out", blob)
    args.add("--layer-out", descriptor)
    args.add("--label", shown(ctx.label))
    args.add("--created-by", recorded(ctx.label))
    args.add("--compression", kind)
    for part in parts:
        args.add("--part")
        args.add(part.metadata)
        args.add(part.run)
    args.add_all(lower, before_each = "--base-part")
    args.use_param_file("@%s")
    args.set_param_file_format("multiline")
    metadata = [part.metadata for part in parts]
    run_python_tool(
        ctx,
        ctx.attr._merge_layer,
        arguments = [args],
        inputs = [part.run for part in parts] + metadata + lower,
        outputs = [blob, descriptor],
        mnemonic = "MergeLayer",
        progress_message = "Merging a layer of %d parts for %%{label}" % len(parts),
    )
    return LayerInfo(blob = blob, descriptor = descriptor, parts = metadata)

def layers_of_parts(ctx, name, parts, *, lower = []):
    """The layers that parts make: those that are layers by themselves, and above them one of all others.

    Args:
      ctx: the rule's context; its attributes include LAYER_ATTRS.
      name: prefix of the files to make.
      parts: list of structs as in PartsInfo.
      lower: list of File: part.json of the parts in the layers below, for the check of paths.

    Returns:
      A list of LayerInfo, bottom to top.
    """
    layers = [part.layer for part in parts if part.layer]
    others = [part for part in parts if not part.layer]
    if not others:
        return layers
    below = lower + [metadata for layer in layers for metadata in layer.parts]
    return layers + [merge_parts(ctx, name, others, lower = below)]

def _oci_layer_impl(ctx):
    parts = [part for target in ctx.attr.parts for part in target[PartsInfo].parts]
    if not parts:
        fail("%s: a layer of no parts (hint: name at least one in `parts`)" % shown(ctx.label))
    lower = []
    if ctx.attr.base:
        lower = [metadata for layer in ctx.attr.base[OciImageInfo].layers for metadata in layer.parts]
    layers = layers_of_parts(ctx, ctx.label.name, parts, lower = lower)
    return [
        DefaultInfo(files = depset([layer.blob for layer in layers])),
        OutputGroupInfo(
            descriptor = depset([layer.descriptor for layer in layers]),
            parts = depset([metadata for layer in layers for metadata in layer.parts]),
        ),
        LayersInfo(layers = layers),
    ]

oci_layer = rule(
    doc = """One layer of parts, as a complete tar; and below it one for each part that is a layer by itself (`own_layer`).

Images that share layers name them in their `tars`. As they are ordinary compressed tars, other rule sets take them too.""",
    implementation = _oci_layer_impl,
    attrs = LAYER_ATTRS | {
        "parts": attr.label_list(
            providers = [PartsInfo],
            mandatory = True,
            doc = "Packages, package sets and generated files, in the layer's order.",
        ),
        "base": attr.label(
            providers = [OciImageInfo],
            doc = "The image that the layer will lie on: paths are checked against its packages'.",
        ),
    },
    provides = [LayersInfo],
)
