"""The rule `ld_so_cache`: the cache that ldconfig writes when packages with libraries are installed."""

load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "python_tool_attr")
load(":base_image.bzl", "IMPORT_ATTRS", "base_attr")
load(":image_flags.bzl", "add_base", "add_target")
load(":labels.bzl", "display_label")
load(":layers.bzl", "all_outlines")
load(":part.bzl", "PART_ATTRS", "make_part", "make_part_info")

visibility("//rules/...")

def _ld_so_cache_impl(ctx):
    args = ctx.actions.args()
    inputs = add_base(ctx, args, ctx.attr.base) if ctx.attr.base else []
    for target in ctx.attr.parts:
        inputs += add_target(args, target)
    if not inputs:
        fail("%s: `base` and `parts` are empty (hint: name the image in `base`, and what it adds in `parts`)" % (
            display_label(ctx.label)
        ))
    args.add_all(ctx.attr.directories, before_each = "--directory")
    if ctx.attr.architecture:
        args.add("--architecture", ctx.attr.architecture)
    return make_part(
        ctx,
        ctx.attr._tool,
        arguments = args,
        inputs = depset(transitive = inputs),
        mnemonic = "LdSoCache",
        progress_message = "Making the library cache for %{label}",
    )

LD_SO_CACHE_ATTRS = {
    "ld_so_cache": attr.bool(
        default = True,
        doc = """Whether to add `/etc/ld.so.cache` if a program or library in `tars` needs a library that the image has, but that
the loader finds with a cache only, or if `base` has a cache that lacks a library in `tars`. The topmost packages and files of `tars` get it. See docs/ld_so_cache.md.""",
    ),
    "_ld_so_cache": python_tool_attr("//tools/ld_so_cache"),
}

def ld_so_cache_if_needed(ctx, base_layers, new_outlines):
    """Makes a part with the cache of an image, or an empty part if the image needs none.

    Args:
      ctx: the rule's context. Its attributes include LD_SO_CACHE_ATTRS and PART_ATTRS.
      base_layers: list of LayerInfo of the base, all with metadata.
      new_outlines: depset of File, the outlines of the parts that the image adds.

    Returns:
      A PartInfo.
    """
    args = ctx.actions.args()
    base_outlines = all_outlines(base_layers)
    args.add_all(base_outlines, before_each = "--part")
    args.add_all(new_outlines, before_each = "--new-part")
    return make_part_info(
        ctx,
        ctx.attr._ld_so_cache,
        arguments = args,
        inputs = depset(transitive = [base_outlines, new_outlines]),
        mnemonic = "LdSoCache",
        name = ctx.label.name + ".ld_so_cache",
        progress_message = "Searching the libraries of %{label}",
    )

ld_so_cache = rule(
    doc = """`/etc/ld.so.cache`, as `ldconfig -r` writes it for the files of an image: the paths of libraries by their names.

It is made of the metadata of parts; no library is run. Put it into the layer of `parts`, or above. It replaces the cache of
a layer below.

```
load("@distroless//rules:oci.bzl", "oci_image")
load("@distroless//rules:rootfs.bzl", "ld_so_cache")

ld_so_cache(
    name = "cache",
    base = "@distroless//cc:cc_amd64_debian13",
    parts = [":my_libraries"],
    directories = ["/usr/local/lib"],
)

oci_image(
    name = "image",
    base = "@distroless//cc:cc_amd64_debian13",
    tars = [":my_libraries", ":cache"],
)
```

Libraries are searched in `directories`, in those that the image's `/etc/ld.so.conf` names, and in the directories of the
system: `/lib`, `/usr/lib` and those of the architecture below them. See docs/ld_so_cache.md.""",
    implementation = _ld_so_cache_impl,
    attrs = PART_ATTRS | IMPORT_ATTRS | {
        "architecture": attr.string(doc = "OCI architecture. Required if no package tells it."),
        "base": base_attr(),
        "directories": attr.string_list(
            doc = "Absolute paths of further directories with libraries. They are searched first, without subdirectories, and the image must have them.",
        ),
        "parts": attr.label_list(
            allow_files = True,
            doc = """What the image has above `base`, bottom to top: packages, package sets, generated files, `oci_layer`
targets, and tar files (plain, gzip, zstd), which are read whole.""",
        ),
        "_tool": python_tool_attr("//tools/ld_so_cache"),
    },
    provides = [PartsInfo],
)
