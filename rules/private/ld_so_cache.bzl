"""The cache of libraries that Debian makes by ldconfig when packages with libraries are installed."""

load("//rules/providers:layers_info.bzl", "LayersInfo")
load("//rules/providers:oci_image_info.bzl", "OciImageInfo")
load("//rules/providers:parts_info.bzl", "PartsInfo")
load("//tools/python:tool.bzl", "PythonToolInfo")
load(":labels.bzl", "shown")
load(":oci_layout.bzl", "IMPORT_ATTRS", "import_layout")
load(":part.bzl", "PART_ATTRS", "make_part")

def _add_layer(layer, args, inputs):
    """Names a layer to the tool: by its parts' metadata, and where it has none by itself."""
    for metadata in layer.parts:
        args.add("--part", metadata)
        inputs.append(metadata)
    if not layer.parts:
        args.add("--tar", layer.blob)
        inputs.append(layer.blob)

def _ld_so_cache_impl(ctx):
    args = ctx.actions.args()
    inputs = []
    transitive = []
    if ctx.attr.base:
        base = ctx.attr.base[OciImageInfo] if OciImageInfo in ctx.attr.base else import_layout(ctx, ctx.label.name, ctx.attr.base)
        if base.layouts:
            args.add("--base-manifest", base.manifest)
            args.add_all(base.layouts, before_each = "--layout", expand_directories = False)
            inputs += [base.manifest] + base.layouts
            transitive.append(base.layout_files)
        for layer in base.layers:
            _add_layer(layer, args, inputs)
    for target in ctx.attr.parts:
        if PartsInfo in target:
            for part in target[PartsInfo].parts:
                args.add("--part", part.metadata)
                inputs.append(part.metadata)
        elif LayersInfo in target:
            for layer in target[LayersInfo].layers:
                _add_layer(layer, args, inputs)
        else:
            tars = target[DefaultInfo].files.to_list()
            args.add_all(tars, before_each = "--tar")
            inputs += tars
    if not inputs:
        fail("%s: an ld.so.cache of no libraries (hint: name the image in `base`, and what is added in `parts`)" % shown(ctx.label))
    args.add_all(ctx.attr.directories, before_each = "--directory")
    if ctx.attr.architecture:
        args.add("--architecture", ctx.attr.architecture)
    args.use_param_file("@%s")
    args.set_param_file_format("multiline")
    return make_part(
        ctx,
        ctx.attr._tool,
        arguments = [args],
        inputs = depset(inputs, transitive = transitive),
        mnemonic = "LdSoCache",
        progress_message = "Making the cache of libraries for %{label}",
    )

ld_so_cache = rule(
    doc = """/etc/ld.so.cache, as `ldconfig -r` writes it for an image's files: where ld.so finds libraries by their names.

It is made of what the parts' metadata says of libraries; no library is run. It goes on top: into the layer of `parts`, or
above them. The one of a layer below is replaced.

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

Libraries are searched for in `directories`, where the image's /etc/ld.so.conf says, and in the system's directories:
/lib, /usr/lib, and those of the architecture in them. docs/ld_so_cache.md has the details.""",
    implementation = _ld_so_cache_impl,
    attrs = PART_ATTRS | IMPORT_ATTRS | {
        "architecture": attr.string(doc = "OCI architecture; needed where no package tells it."),
        "base": attr.label(doc = "The image below, of this rule set or an OCI layout directory from elsewhere."),
        "directories": attr.string_list(
            doc = "Absolute paths of further directories with libraries, searched first; without those below them.",
        ),
        "parts": attr.label_list(
            allow_files = True,
            doc = """What the image has above `base`, bottom to top: packages, package sets, generated files, oci_layer
targets, and tar files (plain, gzip, zstd), which are read as a whole.""",
        ),
        "_tool": attr.label(
            default = "//tools/ld_so_cache",
            cfg = "exec",
            providers = [PythonToolInfo],
        ),
    },
    provides = [PartsInfo],
)
