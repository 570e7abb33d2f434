"""Golden listings: what stands in a layer, one entry a line, committed and compared."""

load("@rules_python//python:defs.bzl", "py_binary", "py_test")
load("//rules:oci.bzl", "LayersInfo")
load("//tools/python:tool.bzl", "PythonToolInfo", "run_python_tool")

def _listing_impl(ctx):
    listing = ctx.actions.declare_file(ctx.label.name + ".jsonl")
    parts = [metadata for layer in ctx.attr.layer[LayersInfo].layers for metadata in layer.parts]
    args = ctx.actions.args()
    args.add("--listing-out", listing)
    args.add_all(parts, before_each = "--part")
    run_python_tool(
        ctx,
        ctx.attr._tool,
        arguments = [args],
        inputs = parts,
        outputs = [listing],
        mnemonic = "Listing",
        progress_message = "Listing %{label}",
    )
    return [DefaultInfo(files = depset([listing]))]

_listing = rule(
    doc = "Lists a layer from its parts' metadata.",
    implementation = _listing_impl,
    attrs = {
        "layer": attr.label(providers = [LayersInfo], mandatory = True, doc = "The layer."),
        "_tool": attr.label(default = "//tools/listing", cfg = "exec", providers = [PythonToolInfo]),
    },
)

def golden_listings(name, layers):
    """Compares layers with the listings beside this BUILD file.

    Args:
      name: name of the test suite; `update` is the target that writes the listings anew.
      layers: dict from a listing's name (`static_debian12` is `static_debian12.jsonl`) to a layer.
    """
    for listing, layer in layers.items():
        _listing(
            name = listing + "_actual",
            layer = layer,
            testonly = True,
        )
        py_test(
            name = listing + "_test",
            srcs = ["compare.py"],
            main = "compare.py",
            args = ["$(rootpath %s.jsonl)" % listing, "$(rootpath :%s_actual)" % listing],
            data = [listing + ".jsonl", ":%s_actual" % listing],
            deps = ["//tools/lib/cli:errors", "//tools/lib/cli:files"],
        )
    native.test_suite(name = name, tests = [listing + "_test" for listing in layers])
    py_binary(
        name = "update",
        testonly = True,
        srcs = ["update.py"],
        args = ["$(rootpath :%s_actual)" % listing for listing in layers],
        data = [":%s_actual" % listing for listing in layers],
        deps = ["//tools/lib/cli:errors", "//tools/lib/cli:files"],
    )
