"""Actions that make layers: of parts, and of finished tars."""

load("//rules/providers:layer_info.bzl", "LayerInfo")
load("//rules/providers:layers_info.bzl", "LayersInfo")
load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")
load(":labels.bzl", "display_label", "stable_label")
load(":part.bzl", "COMPRESSION_SUFFIX", "PART_ATTRS", "compression")

visibility("//rules/...")

LAYER_ATTRS = PART_ATTRS | {
    "_oci_layer": python_tool_attr("//tools/oci_layer"),
}

TAR_LAYER_ATTRS = {
    "_tar_layer": python_tool_attr("//tools/tar_layer"),
}

TAR_SUFFIXES = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst"]

# Suffixes of the blobs that make_part declares.
PART_SUFFIXES = [".part.gz", ".part.zst"]

def all_parts(layers):
    """The part.json files of layers.

    Args:
      layers: list of LayerInfo.

    Returns:
      A depset of File, in the order of the layers.
    """
    return depset(transitive = [layer.parts for layer in layers], order = "preorder")

def _merge_parts(ctx, name, parts, base_parts):
    """Joins a list of PartInfo to one layer, and returns its LayerInfo."""
    kind = compression(ctx)
    blob = ctx.actions.declare_file("%s.tar.%s" % (name, COMPRESSION_SUFFIX[kind]))
    metadata = ctx.actions.declare_file(name + ".layer.json")
    args = ctx.actions.args()
    args.add("--blob-out", blob)
    args.add("--layer-out", metadata)
    args.add("--label", display_label(ctx.label))
    args.add("--created-by", stable_label(ctx.label))
    args.add("--compression", kind)
    for part in parts:
        args.add("--part")
        args.add(part.metadata)
        args.add(part.blob)
    args.add_all(base_parts, before_each = "--base-part")
    args.use_param_file("@%s")
    args.set_param_file_format("multiline")
    part_files = depset([part.metadata for part in parts], order = "preorder")
    run_python_tool(
        ctx,
        ctx.attr._oci_layer,
        arguments = [args],
        inputs = depset([part.blob for part in parts], transitive = [part_files, base_parts]),
        outputs = [blob, metadata],
        mnemonic = "OciLayer",
        progress_message = "Joining %d parts to a layer for %%{label}" % len(parts),
    )
    return LayerInfo(
        blob = blob,
        layout = None,
        layout_files = depset(),
        metadata = metadata,
        parts = part_files,
    )

def make_layers(ctx, name, parts, *, base_layers = []):
    """Makes the layers of parts: separate layers first, and above them one of all other parts.

    Args:
      ctx: the rule's context. Its attributes include LAYER_ATTRS.
      name: string, prefix of the files to make.
      parts: depset of PartInfo.
      base_layers: list of LayerInfo, the layers underneath. Paths must not conflict with theirs.

    Returns:
      A list of LayerInfo, bottom to top.
    """
    parts = parts.to_list()
    layers = [part.layer for part in parts if part.layer]
    merged = [part for part in parts if not part.layer]
    if not merged:
        return layers
    return layers + [_merge_parts(ctx, name, merged, all_parts(base_layers + layers))]

def _describe_tar(ctx, name, tar):
    """Describes a finished tar as a layer, and returns its LayerInfo."""
    metadata = ctx.actions.declare_file(name + ".layer.json")
    part = ctx.actions.declare_file(name + ".tar.part.json")
    args = ctx.actions.args()
    args.add("--tar", tar)
    args.add("--layer-out", metadata)
    args.add("--part-out", part)
    args.add("--label", display_label(tar.owner))
    args.add("--created-by", stable_label(tar.owner, tar.basename))
    run_python_tool(
        ctx,
        ctx.attr._tar_layer,
        arguments = [args],
        inputs = [tar],
        outputs = [metadata, part],
        mnemonic = "TarLayer",
        progress_message = "Describing layer %{input} of %{label}",
    )
    return LayerInfo(
        blob = tar,
        layout = None,
        layout_files = depset(),
        metadata = metadata,
        parts = depset([part]),
    )

def layers_of_targets(ctx, targets, base_layers):
    """Makes the layers that `tars` of an image stand for. Parts that follow each other become one layer.

    Args:
      ctx: the rule's context. Its attributes include LAYER_ATTRS and TAR_LAYER_ATTRS.
      targets: list of Target with PartsInfo, LayersInfo, or tar files.
      base_layers: list of LayerInfo, the layers underneath.

    Returns:
      A list of LayerInfo, bottom to top.
    """
    layers = []
    pending = []  # depsets of PartInfo
    for target in targets + [None]:
        if target and PartsInfo in target:
            pending.append(target[PartsInfo].parts)
            continue
        if pending:
            name = "%s.%d" % (ctx.label.name, len(layers))
            parts = depset(transitive = pending, order = "preorder")
            layers += make_layers(ctx, name, parts, base_layers = base_layers + layers)
            pending = []
        if not target:
            break
        if LayersInfo in target:
            layers += target[LayersInfo].layers
        else:
            for tar in target[DefaultInfo].files.to_list():
                layers.append(_describe_tar(ctx, "%s.%d" % (ctx.label.name, len(layers)), tar))
    return layers
