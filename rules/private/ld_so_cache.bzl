"""The rule `ld_so_cache`: the cache that ldconfig writes when packages with libraries are installed."""

load("//rules/providers:layers_info.bzl", "LayersInfo")
load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "python_tool_attr")
load(":base_image.bzl", "IMPORT_ATTRS", "image_of_target")
load(":labels.bzl", "display_label")
load(":part.bzl", "PART_ATTRS", "make_part")

visibility("//rules/...")

def _add_layers(args, layers):
    """Adds flags for layers, and returns a list of depsets of File, the inputs. A layer without metadata is read whole."""
    inputs = []
    for layer in layers:
        if layer.layout:
            args.add_all("--layout", [layer.layout], expand_directories = False)
            inputs.append(depset([layer.layout], transitive = [layer.layout_files]))
        elif layer.parts:
            args.add_all(layer.parts, before_each = "--part")
            inputs.append(layer.parts)
        else:
            args.add("--tar", layer.blob)
            inputs.append(depset([layer.blob]))
    return inputs

def _add_base(ctx, args):
    """Adds flags for the layers of `base`, and returns a list of depsets of File, the inputs."""
    base = image_of_target(ctx, ctx.label.name, ctx.attr.base)
    inputs = []
    if [layer for layer in base.layers if layer.layout]:
        # It names the layers of the layout.
        args.add("--base-manifest", base.manifest)
        inputs.append(depset([base.manifest]))
    return inputs + _add_layers(args, base.layers)

def _add_target(args, target):
    """Adds flags for a target of `parts`, and returns a list of depsets of File, the inputs."""
    if PartsInfo in target:
        metadata = depset([part.metadata for part in target[PartsInfo].parts.to_list()])
        args.add_all(metadata, before_each = "--part")
        return [metadata]
    if LayersInfo in target:
        return _add_layers(args, target[LayersInfo].layers)
    args.add_all(target[DefaultInfo].files, before_each = "--tar")
    return [target[DefaultInfo].files]

def _ld_so_cache_impl(ctx):
    args = ctx.actions.args()
    inputs = _add_base(ctx, args) if ctx.attr.base else []
    for target in ctx.attr.parts:
        inputs += _add_target(args, target)
    if not inputs:
        fail("%s: `base` and `parts` are empty (hint: name the image in `base`, and what it adds in `parts`)" % (
            display_label(ctx.label)
        ))
    args.add_all(ctx.attr.directories, before_each = "--directory")
    if ctx.attr.architecture:
        args.add("--architecture", ctx.attr.architecture)
    args.use_param_file("@%s")
    args.set_param_file_format("multiline")
    return make_part(
        ctx,
        ctx.attr._tool,
        arguments = [args],
        inputs = depset(transitive = inputs),
        mnemonic = "LdSoCache",
        progress_message = "Making the library cache for %{label}",
    )

ld_so_cache = rule(
    doc = """`/etc/ld.so.cache`, as `ldconfig -r` writes it for the files of an image: the paths of libraries by their names.

It is made of the metadata of parts; no library is run. Put it into the layer of `parts`, or above. It replaces the cache of
a layer below.

```
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
        "base": attr.label(doc = "The image underneath: an `oci_image`, or one OCI image layout directory from elsewhere."),
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
