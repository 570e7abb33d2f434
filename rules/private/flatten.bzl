"""The rule `flatten`: several tars, layers or packages as one tar."""

load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")
load(":compression.bzl", "COMPRESSION_SUFFIX", "plain_compression")
load(":labels.bzl", "display_label")
load(":layers.bzl", "LAYER_ATTRS", "PART_SUFFIXES", "TAR_LAYER_ATTRS", "TAR_SUFFIXES", "layers_of_targets")

visibility("//rules/...")

def _flatten_impl(ctx):
    layers = layers_of_targets(ctx, ctx.attr.tars, [])
    without_blob = [layer for layer in layers if not layer.blob]
    if without_blob:
        fail("%s: `tars` has a layer of an image from elsewhere (hint: list tars, packages and layers of this build)" % (
            display_label(ctx.label)
        ))
    kind = plain_compression(ctx)
    out = ctx.actions.declare_file("%s.tar.%s" % (ctx.label.name, COMPRESSION_SUFFIX[kind]))
    blobs = [layer.blob for layer in layers]
    args = ctx.actions.args()
    args.add_all(blobs)
    args.add("--tar-out", out)
    args.add("--compression", kind)
    args.add("--label", display_label(ctx.label))
    run_python_tool(
        ctx,
        ctx.attr._tool,
        arguments = args,
        inputs = blobs,
        outputs = [out],
        mnemonic = "Flatten",
        progress_message = "Flattening %d layers to %%{label}" % len(blobs),
    )
    return [DefaultInfo(files = depset([out]))]

flatten = rule(
    doc = """Several tars, packages or layers as one tar, in which each path occurs once.

```
load("@distroless//rules:rootfs.bzl", "flatten")

flatten(
    name = "rootfs",
    tars = ["@bookworm//:app", ":config", "extra.tar"],
)
```

Where several have a path, the last one counts. The tar has no metadata of packages, so the checks of an image know less
about it than about its parts: prefer to list these in `tars` of the image, where parts that follow each other become one
layer anyway. Use `flatten` for a tar to give to other programs, or to reduce the number of layers.""",
    implementation = _flatten_impl,
    attrs = LAYER_ATTRS | TAR_LAYER_ATTRS | {
        "tars": attr.label_list(
            allow_empty = False,
            allow_files = TAR_SUFFIXES + PART_SUFFIXES,
            doc = """Packages, package sets, generated files, `oci_layer` targets and tar files (plain, gzip, zstd), bottom to
top.""",
            mandatory = True,
        ),
        "_tool": python_tool_attr("//tools/flatten"),
    },
)
