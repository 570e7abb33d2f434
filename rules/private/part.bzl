"""What the rules that make parts share."""

load("@bazel_skylib//rules:common_settings.bzl", "BuildSettingInfo")
load("//rules/providers:layer_info.bzl", "LayerInfo")
load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "run_python_tool")
load(":labels.bzl", "shown")

PART_ATTRS = {
    "_compression": attr.label(
        default = "//rules:compression",
        doc = "gzip or zstd, for all layers of a build.",
    ),
}

COMPRESSION_SUFFIX = {
    "gzip": "gz",
    "zstd": "zst",
}

def compression(ctx):
    """The build's compression, `gzip` or `zstd`."""
    return ctx.attr._compression[BuildSettingInfo].value

def make_part(ctx, tool, *, arguments, inputs, mnemonic, progress_message, own_layer = False):
    """Runs a tool that makes one part, and returns the rule's providers.

    Args:
      ctx: the rule's context; its attributes include PART_ATTRS.
      tool: Target of a python_tool with the flags of tools/lib/part/output.py.
      arguments: list of Args, before those.
      inputs: list or depset of File.
      mnemonic: the action's mnemonic.
      progress_message: the action's progress message.
      own_layer: whether the part is a layer by itself.

    Returns:
      A list of DefaultInfo and PartsInfo.
    """
    kind = compression(ctx)
    run = ctx.actions.declare_file("%s.%s.%s" % (ctx.label.name, "tar" if own_layer else "part", COMPRESSION_SUFFIX[kind]))
    metadata = ctx.actions.declare_file(ctx.label.name + ".part.json")
    label = shown(ctx.label)
    outputs = ctx.actions.args()
    outputs.add("--blob-out", run)
    outputs.add("--part-out", metadata)
    outputs.add("--label", label)
    outputs.add("--compression", kind)
    descriptor = None
    if own_layer:
        descriptor = ctx.actions.declare_file(ctx.label.name + ".layer.json")
        outputs.add("--layer-out", descriptor)
    run_python_tool(
        ctx,
        tool,
        arguments = arguments + [outputs],
        inputs = inputs,
        outputs = [run, metadata] + ([descriptor] if own_layer else []),
        mnemonic = mnemonic,
        progress_message = progress_message,
    )
    return [
        DefaultInfo(files = depset([run, metadata])),
        PartsInfo(parts = [struct(
            run = run,
            metadata = metadata,
            label = label,
            layer = LayerInfo(blob = run, descriptor = descriptor, parts = [metadata]) if own_layer else None,
        )]),
    ]
