"""The rule behind the macro `oci_image_index`."""

load("//rules/providers:oci_index_info.bzl", "OciIndexInfo")
load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")
load(":base_image.bzl", "IMPORT_ATTRS", "only_image_of_target")
load(":image_metadata.bzl", "image_metadata")
load(":labels.bzl", "display_label")
load(":oci_layout.bzl", "LAYOUT_ATTRS", "image_ref", "pack_layout", "write_layout")
load(":oci_platform.bzl", "platform_text")

visibility("//rules/...")

_PLATFORMS = "//command_line_option:platforms"

def _platforms_transition_impl(settings, attr):
    if not attr.platforms:
        return {"": {_PLATFORMS: settings[_PLATFORMS]}}
    return {str(number): {_PLATFORMS: [str(platform)]} for number, platform in enumerate(attr.platforms)}

_platforms_transition = transition(
    implementation = _platforms_transition_impl,
    inputs = [_PLATFORMS],
    outputs = [_PLATFORMS],
)

def _images(ctx):
    """The targets of the images, in the order of the index."""
    if not ctx.attr.platforms:
        return ctx.attr.images

    # Bazel orders the targets of a transition by their configurations, which differ between hosts.
    return [ctx.split_attr.images[str(number)][0] for number in range(len(ctx.attr.platforms))]

def _check_platforms(ctx, images):
    """Fails if an image that is built for several platforms is for one of them whatever the target platform."""
    seen = {}
    for image in images if ctx.attr.platforms else []:
        platform = platform_text(image)
        if platform in seen:
            fail(("%s: %s is for %s on two of `platforms` (hint: its base and its packages must follow the platform: name an " +
                  "index as `base`, and packages without an architecture)") % (
                display_label(ctx.label),
                display_label(image.manifest.owner),
                platform,
            ))
        if platform:
            seen[platform] = True

def _oci_image_index_impl(ctx):
    name = ctx.label.name
    if not ctx.attr.images:
        fail("%s: `images` is empty (hint: name at least one image)" % display_label(ctx.label))
    if ctx.attr.platforms and len(ctx.attr.images) != len(ctx.attr.platforms):
        fail("%s: `images` must name one image if `platforms` is set (hint: it is built for each platform)" % display_label(ctx.label))
    images = [
        only_image_of_target(ctx, "%s.%d" % (name, number), target)
        for number, target in enumerate(_images(ctx))
    ]
    _check_platforms(ctx, images)
    index = ctx.actions.declare_file(name + ".index.json")
    digest = ctx.actions.declare_file(name + ".json.sha256")
    args = ctx.actions.args()
    args.add("--index-out", index)
    args.add("--digest-out", digest)
    for image in images:
        args.add("--manifest", image.manifest)
        args.add("--config", image.config)
    inputs = [file for image in images for file in (image.manifest, image.config)]
    if ctx.attr.annotations:
        annotations = ctx.actions.declare_file(name + ".annotations.json")
        ctx.actions.write(annotations, json.encode(ctx.attr.annotations))
        args.add("--annotations", annotations)
        inputs.append(annotations)
    run_python_tool(
        ctx,
        ctx.attr._oci_index,
        arguments = args,
        inputs = inputs,
        outputs = [index, digest],
        mnemonic = "OciIndex",
        progress_message = "Describing index %{label}",
    )
    directory = write_layout(ctx, name, images, ref = image_ref(ctx), index = index)
    layout = depset([directory])
    return [
        DefaultInfo(files = layout, runfiles = ctx.runfiles(transitive_files = layout)),
        OutputGroupInfo(
            oci_layout = layout,
            oci_tarball = depset([pack_layout(ctx, name, directory)]),
            digest = depset([digest]),
            index = depset([index]),
            metadata = depset([index], transitive = [image_metadata(image) for image in images]),
        ),
        OciIndexInfo(images = images, index = index),
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
            doc = "Images for one platform each, or one image that is built for each of `platforms`.",
        ),
        "platforms": attr.label_list(
            providers = [platform_common.PlatformInfo],
            doc = "Platforms to build the one image for.",
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
            doc = "Required by Bazel for rules with transitions.",
        ),
        "_oci_index": python_tool_attr("//tools/oci_index"),
    },
    provides = [OciIndexInfo],
)
