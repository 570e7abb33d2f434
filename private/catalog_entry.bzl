"""The rule `catalog_entry`: the facts of an image, and a listing of what it adds to its base."""

load("//rules:oci.bzl", "LayersInfo")
load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")
load(":catalog_entry_info.bzl", "CatalogEntryInfo")

visibility("private")

def _list_layers(ctx, layers):
    listing = ctx.actions.declare_file(ctx.label.name.removesuffix(".catalog_entry") + ".jsonl")
    args = ctx.actions.args()
    args.add("--listing-out", listing)
    for layer in layers:
        args.add_all(layer.parts, before_each = "--part")
    run_python_tool(
        ctx,
        ctx.attr._listing,
        arguments = args,
        inputs = depset(transitive = [layer.parts for layer in layers]),
        outputs = [listing],
        mnemonic = "Listing",
        progress_message = "Listing %{label}",
    )
    return listing

def _catalog_entry_impl(ctx):
    listing = _list_layers(ctx, ctx.attr.layer[LayersInfo].layers) if ctx.attr.layer else None
    return [
        DefaultInfo(files = depset([listing] if listing else [])),
        CatalogEntryInfo(
            debug = ctx.attr.debug,
            distribution = ctx.attr.distribution,
            image = ctx.attr.image,
            listing = listing,
        ),
    ]

catalog_entry = rule(
    doc = """The facts of an image. `<name>` is `{image}[_debug]_{distribution}.catalog_entry`.

A listing is made from the metadata of the layers' parts, for one architecture: the others differ only in file names that
contain the architecture.""",
    implementation = _catalog_entry_impl,
    attrs = {
        "debug": attr.bool(doc = "Whether it is the debug image."),
        "distribution": attr.string(mandatory = True, doc = "A key of DISTRIBUTIONS."),
        "image": attr.string(mandatory = True, doc = "Name of the image."),
        "layer": attr.label(providers = [LayersInfo], doc = "What the image adds to its base, an oci_layer."),
        "_listing": python_tool_attr("//tools/listing"),
    },
    provides = [CatalogEntryInfo],
)
