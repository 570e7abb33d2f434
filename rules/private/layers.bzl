"""Actions that make layers: of parts, and of finished tars."""

load("//rules/providers:layer_info.bzl", "LayerInfo")
load("//rules/providers:layers_info.bzl", "LayersInfo")
load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")
load(":compression.bzl", "COMPRESSION_SUFFIX", "compression")
load(":labels.bzl", "display_label", "stable_label")
load(":layer_budget.bzl", "split_packages")
load(":part.bzl", "PART_ATTRS")

visibility("//rules/...")

LAYER_ATTRS = PART_ATTRS | {
    "_oci_layer": python_tool_attr("//tools/oci_layer"),
}

LAYER_BUDGET_ATTRS = {
    "layers": attr.int(
        default = 1,
        doc = """The largest number of layers for the packages and other parts. With more than one, an update moves fewer bytes, see
docs/layers.md.""",
    ),
}

TAR_LAYER_ATTRS = {
    "_tar_layer": python_tool_attr("//tools/tar_layer"),
}

TAR_SUFFIXES = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst"]

# Suffixes of the blobs that make_part declares.
PART_SUFFIXES = [".part.gz", ".part.zst"]

def layer_budget(ctx):
    """The value of `layers`, of LAYER_BUDGET_ATTRS."""
    if ctx.attr.layers < 1:
        fail("%s: `layers` is %d (hint: write the largest number of layers, at least 1)" % (display_label(ctx.label), ctx.attr.layers))
    return ctx.attr.layers

def all_parts(layers):
    """The part.json files of layers.

    Args:
      layers: list of LayerInfo.

    Returns:
      A depset of File, in the order of the layers.
    """
    return depset(transitive = [layer.parts for layer in layers], order = "preorder")

def all_outlines(layers):
    """The outlines of the parts of layers.

    Args:
      layers: list of LayerInfo.

    Returns:
      A depset of File, in the order of the layers.
    """
    return depset(transitive = [layer.outlines for layer in layers], order = "preorder")

def _merge_parts(ctx, name, parts, base_outlines):
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
    args.add_all(base_outlines, before_each = "--base-part")
    part_files = depset([part.metadata for part in parts], order = "preorder")
    run_python_tool(
        ctx,
        ctx.attr._oci_layer,
        arguments = args,
        inputs = depset([part.blob for part in parts], transitive = [part_files, base_outlines]),
        outputs = [blob, metadata],
        mnemonic = "OciLayer",
        progress_message = "Joining %d parts to a layer for %%{label}" % len(parts),
    )
    return LayerInfo(
        blob = blob,
        inventories = depset([part.inventory for part in parts]),
        metadata = metadata,
        outlines = depset([part.outline for part in parts], order = "preorder"),
        parts = part_files,
    )

def _group_parts(parts, count):
    """Splits a list of PartInfo into at most `count` lists, each for a layer."""
    packages = [part for part in parts if part.package]
    others = [part for part in parts if not part.package]
    for_packages = count - (1 if others else 0)
    if for_packages <= 1 or not packages:
        return [packages, others] if count > 1 and packages and others else [parts]
    groups = split_packages([part.package for part in packages], for_packages)

    # What is no package is made for the image, and may replace files of packages.
    return [[packages[position] for position in group] for group in groups] + ([others] if others else [])

def make_layers(ctx, name, parts, *, base_layers = [], count = 1):
    """Makes the layers of parts: separate layers first, and above them those of all other parts.

    Args:
      ctx: the rule's context. Its attributes include LAYER_ATTRS.
      name: string, prefix of the files to make.
      parts: depset of PartInfo.
      base_layers: list of LayerInfo, the layers underneath. Paths must not conflict with theirs.
      count: int, the largest number of layers. Separate layers count, but one more is always possible.

    Returns:
      A list of LayerInfo, bottom to top.
    """
    parts = parts.to_list()
    layers = [part.layer for part in parts if part.layer]
    merged = [part for part in parts if not part.layer]
    if not merged:
        return layers
    groups = _group_parts(merged, count - len(layers))
    for number, group in enumerate(groups):
        prefix = "%s.%d" % (name, number) if len(groups) > 1 else name
        layers.append(_merge_parts(ctx, prefix, group, all_outlines(base_layers + layers)))
    return layers

def _describe_tar(ctx, name, tar):
    """Describes a finished tar as a layer, and returns its LayerInfo."""
    metadata = ctx.actions.declare_file(name + ".layer.json")
    part = ctx.actions.declare_file(name + ".tar.part.json")
    outline = ctx.actions.declare_file(name + ".tar.outline.json")
    inventory = ctx.actions.declare_file(name + ".tar.inventory.json")
    args = ctx.actions.args()
    args.add("--tar", tar)
    args.add("--layer-out", metadata)
    args.add("--part-out", part)
    args.add("--outline-out", outline)
    args.add("--inventory-out", inventory)
    args.add("--label", display_label(tar.owner))
    args.add("--created-by", stable_label(tar.owner, tar.basename))
    run_python_tool(
        ctx,
        ctx.attr._tar_layer,
        arguments = args,
        inputs = [tar],
        outputs = [metadata, part, outline, inventory],
        mnemonic = "TarLayer",
        progress_message = "Describing layer %{input} of %{label}",
    )
    return LayerInfo(
        blob = tar,
        inventories = depset([inventory]),
        metadata = metadata,
        outlines = depset([outline]),
        parts = depset([part]),
    )

def _is_tar(target):
    return PartsInfo not in target and LayersInfo not in target

def _new_outlines(targets, tar_layers):
    """The outlines of targets, bottom to top. `tar_layers` has the layers of finished tars by position."""
    outlines = []
    for position, target in enumerate(targets):
        if PartsInfo in target:
            outlines.append(depset([part.outline for part in target[PartsInfo].parts.to_list()], order = "preorder"))
        elif LayersInfo in target:
            outlines.append(all_outlines(target[LayersInfo].layers))
        else:
            outlines.append(all_outlines(tar_layers[position]))
    return depset(transitive = outlines, order = "preorder")

def _least_layers(targets, tar_layers):
    """The number of layers of targets, if parts that follow each other become one."""
    number = 0
    for position, target in enumerate(targets):
        if LayersInfo in target:
            number += len(target[LayersInfo].layers)
        elif PartsInfo not in target:
            number += len(tar_layers[position])
        elif position == 0 or PartsInfo not in targets[position - 1]:
            number += 1
    return number

def layers_of_targets(ctx, targets, base_layers, make_last_parts = None, needs_last_parts = False, count = 1):
    """Makes the layers that `tars` of an image stand for. Parts that follow each other become one layer, or a few.

    Args:
      ctx: the rule's context. Its attributes include LAYER_ATTRS and TAR_LAYER_ATTRS.
      targets: list of Target with PartsInfo, LayersInfo, or tar files.
      base_layers: list of LayerInfo, the layers underneath.
      make_last_parts: function from the outlines (depset) of all targets to a list of PartInfo, which are added to
        the topmost layer of parts. None: nothing is added.
      needs_last_parts: bool, whether these parts become a layer on top if there is no layer of parts.
      count: int, the largest number of layers, unless parts that do not follow each other and finished layers are more.

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
    spare = count - _least_layers(targets, tar_layers)
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
            pending.append(depset(make_last_parts(_new_outlines(targets, tar_layers)), order = "preorder"))
        if position + 1 < len(targets) and PartsInfo in targets[position + 1]:
            continue
        made = make_layers(
            ctx,
            "%s.%d" % (name, first),
            depset(transitive = pending, order = "preorder"),
            base_layers = base_layers + layers,
            count = 1 + max(spare, 0),
        )
        spare -= len(made) - 1
        layers += made
        pending = []
    if needs_last_parts and not positions:
        last = depset(make_last_parts(_new_outlines(targets, tar_layers)), order = "preorder")
        layers += make_layers(ctx, "%s.%d" % (name, len(targets)), last, base_layers = base_layers + layers)
    return layers
