"""The rule `layer_file`: a file of a layer."""

load("//tools/python:tool.bzl", "run_python_tool")
load(":compile.bzl", "COMPILE_ATTRS")

visibility("//tests/toolchains")

def _layer_file_impl(ctx):
    args = ctx.actions.args()
    args.add("extract")
    args.add("--layer", ctx.file.layer)
    args.add("--path", ctx.attr.path)
    args.add("--output", ctx.outputs.out)
    run_python_tool(
        ctx,
        ctx.attr._compile,
        arguments = args,
        inputs = [ctx.file.layer],
        outputs = [ctx.outputs.out],
        mnemonic = "ExtractFile",
        progress_message = "Extracting %{label}",
    )
    return [DefaultInfo(files = depset([ctx.outputs.out]))]

layer_file = rule(
    doc = "Extracts a file from a layer, such as a jar that Debian packages.",
    implementation = _layer_file_impl,
    attrs = COMPILE_ATTRS | {
        "layer": attr.label(allow_single_file = True, mandatory = True, doc = "Tar, such as an oci_layer."),
        "out": attr.output(mandatory = True, doc = "Name of the output."),
        "path": attr.string(mandatory = True, doc = "Path of the file in the layer."),
    },
)
