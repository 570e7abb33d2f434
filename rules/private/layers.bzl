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
        inventories = depset([part.inventory for part in parts]),
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
    inventory = ctx.actions.declare_file(name + ".tar.inventory.json")
    args = ctx.actions.args()
    args.add("--tar", tar)
    args.add("--layer-out", metadata)
    args.add("--part-out", part)
    args.add("--inventory-out", inventory)
    args.add("--label", display_label(tar.owner))
    args.add("--created-by", stable_label(tar.owner, tar.basename))
    run_python_tool(
        ctx,
        ctx.attr._tar_layer,
        arguments = [args],
        inputs = [tar],
        outputs = [metadata, part, inventory],
        mnemonic = "TarLayer",
        progress_message = "Describing layer %{input} of %{label}",
    )
    return LayerInfo(
        blob = tar,
        inventories = depset([inventory]),
        metadata = metadata,
        parts = depset([part]),
    )

def _is_tar(target):
    return PartsInfo not in target and LayersInfo not in target

def _new_parts(targets, tar_layers):
    """The part.json files of targets, bottom to top. `tar_layers` has the layers of finished tars by position."""
    parts = []
    for position, target in enumerate(targets):
        if PartsInfo in target:
            parts.append(depset([part.metadata for part in target[PartsInfo].parts.to_list()], order = "preorder"))
        elif LayersInfo in target:
            parts.append(all_parts(target[LayersInfo].layers))
        else:
            parts.append(all_parts(tar_layers[position]))
    return depset(transitive = parts, order = "preorder")

def layers_of_targets(ctx, targets, base_layers, make_last_parts = None, needs_last_parts = False):
    """Makes the layers that `tars` of an image stand for. Parts that follow each other become one layer.

    Args:
      ctx: the rule's context. Its attributes include LAYER_ATTRS and TAR_LAYER_ATTRS.
      targets: list of Target with PartsInfo, LayersInfo, or tar files.
      base_layers: list of LayerInfo, the layers underneath.
      make_last_parts: function from the part.json files (depset) of all targets to a list of PartInfo, which are added to
        the topmost layer of parts. None: nothing is added.
      needs_last_parts: bool, whether these parts become a layer on top if there is no layer of parts.

    Returns:
      A list of LayerInfo, bottom to top.
    """
    name = ctx.label.name
    tar_layers = {}
    positions = []  # of targets with parts
    for position, target in enumerate(targets):
        if PartsInfo in target:
            positions.append(position)
        elif _is_tar(target):
            tar_layers[position] = [
                _describe_tar(ctx, "%s.%d%s" % (name, position, "_%d" % number if number else ""), tar)
                for number, tar in enumerate(target[DefaultInfo].files.to_list())
            ]
    layers = []
    pending = []  # depsets of PartInfo
    first = 0  # position of the first target of `pending`
    for position, target in enumerate(targets):
        if PartsInfo not in target:
            layers += target[LayersInfo].layers if LayersInfo in target else tar_layers[position]
            continue
        if not pending:
            first = position
        pending.append(target[PartsInfo].parts)
        if position == positions[-1] and make_last_parts:
            pending.append(depset(make_last_parts(_new_parts(targets, tar_layers)), order = "preorder"))
        if position + 1 < len(targets) and PartsInfo in targets[position + 1]:
            continue
        layers += make_layers(
            ctx,
            "%s.%d" % (name, first),
            depset(transitive = pending, order = "preorder"),
            base_layers = base_layers + layers,
        )
        pending = []
    if needs_last_parts and not positions:
        last = depset(make_last_parts(_new_parts(targets, tar_layers)), order = "preorder")
        layers += make_layers(ctx, "%s.%d" % (name, len(targets)), last, base_layers = base_layers + layers)
    return layers
