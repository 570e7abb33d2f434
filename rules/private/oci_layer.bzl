"""The rule `oci_layer`: parts joined to a layer."""

load("//rules/providers:layers_info.bzl", "LayersInfo")
load("//rules/providers:parts_info.bzl", "PartsInfo")
load(":base_image.bzl", "IMPORT_ATTRS", "base_attr", "image_of_target")
load(":labels.bzl", "display_label")
load(":layers.bzl", "LAYER_ATTRS", "LAYER_BUDGET_ATTRS", "all_parts", "layer_budget", "make_layers")

visibility("//rules/...")

def _oci_layer_impl(ctx):
    parts = depset(transitive = [target[PartsInfo].parts for target in ctx.attr.parts], order = "preorder")
    if not parts:
        fail("%s: `parts` is empty (hint: name at least one package or generated file)" % display_label(ctx.label))
    layers = make_layers(
        ctx,
        ctx.label.name,
        parts,
        base_layers = image_of_target(ctx, ctx.label.name, ctx.attr.base).layers if ctx.attr.base else [],
        count = layer_budget(ctx),
    )
    return [
        DefaultInfo(files = depset([layer.blob for layer in layers])),
        OutputGroupInfo(
            metadata = depset([layer.metadata for layer in layers]),
            parts = all_parts(layers),
        ),
        LayersInfo(layers = layers),
    ]

oci_layer = rule(
    doc = """Joins parts into one layer, a complete compressed tar, or into several.

Use it where several images share a layer: name it in their `tars`. Rule sets that take tars accept it too. A part with
`separate_layer` is not merged; it becomes a layer below.

```
load("@distroless//rules:oci.bzl", "oci_layer")

oci_layer(
    name = "app_layer",
    parts = [
        "@bookworm//:libpq5_amd64",
        ":app",
    ],
)
```""",
    implementation = _oci_layer_impl,
    attrs = IMPORT_ATTRS | LAYER_ATTRS | LAYER_BUDGET_ATTRS | {
        "base": base_attr("""If one of its packages owns a path of the layer too, building the layer fails. A directory that no part
of the layer declares gets its mode and owner from there."""),
        "parts": attr.label_list(
            providers = [PartsInfo],
            mandatory = True,
            doc = "Packages, package sets and generated files, in the order of the layer.",
        ),
    },
    provides = [LayersInfo],
)
