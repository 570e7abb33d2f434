"""The rule `layer_groups`: which packages of an image share a layer."""

load("//rules:deb.bzl", "PartsInfo")
load("//rules/private:layer_budget.bzl", "split_packages")

visibility("private")

def _groups(parts, count):
    """The names of the packages of each layer, as an image with `layers = count` has them."""
    separate = [part.package for part in parts if part.layer]
    merged = [part.package for part in parts if not part.layer]
    groups = split_packages(merged, max(1, count - len(separate)))
    return [[each.name] for each in separate] + [[merged[position].name for position in group] for group in groups]

def _layer_groups_impl(ctx):
    levels = [target[PartsInfo].parts.to_list() for target in ctx.attr.levels]
    parts = {part.package.name: part for level in levels for part in level}
    out = ctx.actions.declare_file(ctx.label.name + ".json")
    ctx.actions.write(out, json.encode({
        "groups": {str(count): _groups(parts.values(), count) for count in ctx.attr.counts},
        "levels": [[part.package.name for part in level] for level in levels],
        "separate": [name for name, part in parts.items() if part.layer],
        "sizes": {name: part.package.size for name, part in parts.items()},
    }))
    return [DefaultInfo(files = depset([out]))]

layer_groups = rule(
    doc = "Writes which packages share a layer, as JSON.",
    implementation = _layer_groups_impl,
    attrs = {
        "counts": attr.int_list(doc = "Numbers of layers."),
        "levels": attr.label_list(
            doc = "What an image consists of: the packages that each image adds to its base, bottom to top.",
            providers = [PartsInfo],
        ),
    },
)
