"""What the rules that return PartsInfo share: the action that makes a part, and its outputs."""

load("//rules/providers:layer_info.bzl", "LayerInfo")
load("//rules/providers:part_info.bzl", "PartInfo")
load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "run_python_tool")
load(":compression.bzl", "COMPRESSION_ATTRS", "COMPRESSION_SUFFIX", "compression")
load(":downloaded_file.bzl", "add_origin")
load(":labels.bzl", "display_label")

visibility("//rules/...")

PART_ATTRS = COMPRESSION_ATTRS

# Time of generated files, in seconds since 1970. It is fixed, and not 0, which pip and zip do not accept.
GENERATED_MTIME = 1735689600  # 2025-01-01T00:00:00Z

def make_part_info(ctx, tool, *, arguments, inputs, mnemonic, progress_message, name = None, separate_layer = False, origin = None, package = None, with_outline = True):
    """Runs a tool that makes one part.

    Args:
      ctx: the rule's context. Its attributes include PART_ATTRS.
      tool: Target of a python_tool with the flags of tools/lib/part/output.py.
      arguments: Args of the tool, to which those flags are added.
      inputs: list or depset of File.
      mnemonic: string, the action's mnemonic.
      progress_message: string, the action's progress message.
      name: string, prefix of the files to make, by default the target's name.
      separate_layer: bool, whether the part is a layer of its own.
      origin: Target of the downloaded file that the part is made of, or None.
      package: the `package` of PartInfo.
      with_outline: bool, whether other bytes of the same files are to be expected, and not another version of a package.

    Returns:
      A PartInfo.
    """
    name = name or ctx.label.name
    kind = compression(ctx)
    blob = ctx.actions.declare_file("%s.%s.%s" % (name, "tar" if separate_layer else "part", COMPRESSION_SUFFIX[kind]))
    metadata = ctx.actions.declare_file(name + ".part.json")
    inventory = ctx.actions.declare_file(name + ".inventory.json")
    label = display_label(ctx.label)
    outputs = [blob, metadata, inventory]
    arguments.add("--blob-out", blob)
    arguments.add("--part-out", metadata)
    arguments.add("--inventory-out", inventory)
    arguments.add("--label", label)
    arguments.add("--compression", kind)
    add_origin(arguments, origin)
    outline = metadata
    if with_outline:
        outline = ctx.actions.declare_file(name + ".outline.json")
        arguments.add("--outline-out", outline)
        outputs.append(outline)
    layer = None
    if separate_layer:
        layer_metadata = ctx.actions.declare_file(name + ".layer.json")
        arguments.add("--layer-out", layer_metadata)
        outputs.append(layer_metadata)
        layer = LayerInfo(
            blob = blob,
            inventories = depset([inventory]),
            metadata = layer_metadata,
            outlines = depset([outline]),
            parts = depset([metadata]),
        )
    run_python_tool(
        ctx,
        tool,
        arguments = arguments,
        inputs = inputs,
        outputs = outputs,
        mnemonic = mnemonic,
        progress_message = progress_message,
    )
    return PartInfo(
        blob = blob,
        inventory = inventory,
        label = label,
        layer = layer,
        metadata = metadata,
        outline = outline,
        package = package,
    )

def make_part(ctx, tool, **kwargs):
    """Runs a tool that makes one part, and returns the rule's providers.

    Args:
      ctx: the rule's context. Its attributes include PART_ATTRS.
      tool: Target of a python_tool with the flags of tools/lib/part/output.py.
      **kwargs: the arguments of make_part_info.

    Returns:
      A list of DefaultInfo and PartsInfo.
    """
    part = make_part_info(ctx, tool, **kwargs)
    return [
        DefaultInfo(files = depset([part.blob, part.metadata])),
        PartsInfo(parts = depset([part], order = "preorder")),
    ]
