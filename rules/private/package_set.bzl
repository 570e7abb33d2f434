"""Several parts under one label."""

load("//rules/providers:parts_info.bzl", "PartsInfo")

def _package_set_impl(ctx):
    parts = [part for target in ctx.attr.parts for part in target[PartsInfo].parts]
    return [
        DefaultInfo(files = depset([file for part in parts for file in (part.run, part.metadata)])),
        PartsInfo(parts = parts),
    ]

package_set = rule(
    doc = "Names several parts at once, in order.",
    implementation = _package_set_impl,
    attrs = {
        "parts": attr.label_list(providers = [PartsInfo], doc = "The parts, in the layer's order."),
    },
    provides = [PartsInfo],
)
