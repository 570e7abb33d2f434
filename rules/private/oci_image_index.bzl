"""Images for several platforms under one digest."""

load("//rules/providers:oci_image_info.bzl", "OciImageInfo")
load("//rules/providers:oci_index_info.bzl", "OciIndexInfo")
load("//tools/python:tool.bzl", "PythonToolInfo", "run_python_tool")
load(":labels.bzl", "shown")
load(":oci_layout.bzl", "IMPORT_ATTRS", "LAYOUT_ATTRS", "import_layout", "pack_layout", "write_layout")

def _platforms_transition_impl(settings, attr):
    platforms = [str(platform) for platform in attr.platforms] or settings["//command_line_option:platforms"]
    if not attr.platforms:
        return {"": {"//command_line_option:platforms": platforms}}
    return {platform: {"//command_line_option:platforms": [platform]} for platform in platforms}

_platforms_transition = transition(
    implementation = _platforms_transition_impl,
    inputs = ["//command_line_option:platforms"],
    outputs = ["//command_line_option:platforms"],
)

def _oci_image_index_impl(ctx):
    name = ctx.label.name
    if ctx.attr.platforms and len(ctx.attr.images) != len(ctx.attr.platforms):
        fail("%s: `platforms` builds one image for each platform, but `images` has more than one (hint: name one image)" % shown(ctx.label))
    images = [
        target[OciImageInfo] if OciImageInfo in target else import_layout(ctx, "%s.%d" % (name, number), target)
        for number, target in enumerate(ctx.attr.images)
    ]
    if not images:
        fail("%s: an index of no images (hint: name at least one in `images`)" % shown(ctx.label))
    index = ctx.actions.declare_file(name + ".index.json")
    digest = ctx.actions.declare_file(name + ".json.sha256")
    args = ctx.actions.args()
    args.add("--index-out", index)
    args.add("--digest-out", digest)
    for image in images:
        args.add("--manifest", image.manifest)
        args.add("--config", image.config)
    args.add_all([key + "=" + value for key, value in ctx.attr.annotations.items()], before_each = "--annotation")
    run_python_tool(
        ctx,
        ctx.attr._oci_index,
        arguments = [args],
        inputs = [file for image in images for file in (image.manifest, image.config)],
        outputs = [index, digest],
        mnemonic = "OciIndex",
        progress_message = "Describing index %{label}",
    )
    directory = write_layout(ctx, name, images, index = index)
    layout = depset([directory])
    return [
        DefaultInfo(files = layout, runfiles = ctx.runfiles(transitive_files = layout)),
        OutputGroupInfo(
            oci_layout = layout,
            oci_tarball = depset([pack_layout(ctx, name, directory)]),
            digest = depset([digest]),
            index = depset([index]),
        ),
        OciIndexInfo(index = index, images = images),
    ]

oci_image_index = rule(
    doc = "The rule behind the macro `oci_image_index`.",
    implementation = _oci_image_index_impl,
    attrs = LAYOUT_ATTRS | IMPORT_ATTRS | {
        "annotations": attr.string_dict(doc = "Annotations of the index."),
        "images": attr.label_list(
            allow_files = True,
            mandatory = True,
            cfg = _platforms_transition,
            doc = "Images, each of one platform; or one that is built for each of `platforms`.",
        ),
        "platforms": attr.label_list(
            providers = [platform_common.PlatformInfo],
            doc = "Platforms to build the one image for.",
        ),
        "_oci_index": attr.label(default = "//tools/oci_index", cfg = "exec", providers = [PythonToolInfo]),
        "_allowlist_function_transition": attr.label(default = "@bazel_tools//tools/allowlists/function_transition_allowlist"),
    },
    provides = [OciIndexInfo],
)
