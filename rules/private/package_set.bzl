"""The rule `package_set`: several parts under one label."""

load("//rules/providers:parts_info.bzl", "PartsInfo")

visibility("//rules/...")

def _package_set_impl(ctx):
    parts = depset(transitive = [target[PartsInfo].parts for target in ctx.attr.parts], order = "preorder")
    return [
        DefaultInfo(files = depset(transitive = [target[DefaultInfo].files for target in ctx.attr.parts])),
        PartsInfo(parts = parts),
    ]

package_set = rule(
    doc = "Several parts under one label, in the order of the layer.",
    implementation = _package_set_impl,
    attrs = {
        "parts": attr.label_list(providers = [PartsInfo], doc = "The parts, in the order of the layer."),
    },
    provides = [PartsInfo],
)
