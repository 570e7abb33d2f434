"""A single file of a layer."""

load("//tools/python:tool.bzl", "run_python_tool")
load(":compile.bzl", "COMPILE_ATTRS")

def _layer_file_impl(ctx):
    args = ctx.actions.args()
    args.add("extract")
    args.add("--layer", ctx.file.layer)
    args.add("--path", ctx.attr.path)
    args.add("--output", ctx.outputs.out)
    run_python_tool(
        ctx,
        ctx.attr._compile,
        arguments = [args],
        inputs = [ctx.file.layer],
        outputs = [ctx.outputs.out],
        mnemonic = "LayerFile",
        progress_message = "Taking %{output} from a layer",
    )
    return [DefaultInfo(files = depset([ctx.outputs.out]))]

layer_file = rule(
    doc = "Takes a file out of a layer, such as a jar that Debian has a package of.",
    implementation = _layer_file_impl,
    attrs = COMPILE_ATTRS | {
        "layer": attr.label(allow_single_file = True, mandatory = True, doc = "A tar, such as an oci_layer."),
        "out": attr.output(mandatory = True, doc = "The file to write."),
        "path": attr.string(mandatory = True, doc = "The file's path in the layer."),
    },
)
