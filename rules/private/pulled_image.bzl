"""What the repositories of `oci.pull` declare."""

load("//rules/providers:layer_info.bzl", "LayerInfo")
load("//rules/providers:oci_image_info.bzl", "OciImageInfo")
load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")
load(":oci_layout.bzl", "LAYOUT_TOOLS", "pack_layout", "write_layout")
load(":oci_names.bzl", "oci_names")
load(":platforms.bzl", "select_architecture")

# Generated repositories load it.
visibility("public")

def _describe_layers(ctx):
    """Writes a layer.json for each layer. Returns a dict from digests to the files."""
    metadata = {
        digest: ctx.actions.declare_file("%s.%d.layer.json" % (ctx.label.name, number))
        for number, digest in enumerate({digest: None for digest in ctx.attr.digests})
    }
    args = ctx.actions.args()
    args.add("--manifest", ctx.file.manifest)
    args.add("--config", ctx.file.config)
    for digest, file in metadata.items():
        args.add("--layer")
        args.add(digest)
        args.add(file)
    if metadata:
        run_python_tool(
            ctx,
            ctx.attr._layers,
            arguments = args,
            inputs = [ctx.file.manifest, ctx.file.config],
            outputs = metadata.values(),
            mnemonic = "OciPulledLayers",
            progress_message = "Describing the layers of %{label}",
        )
    return metadata

def _pulled_image_impl(ctx):
    name = ctx.label.name
    metadata = _describe_layers(ctx)
    blobs = {file.basename: file for file in ctx.files.layers}
    origin = struct(insecure = ctx.attr.insecure, repository = ctx.attr.image)
    image = OciImageInfo(
        architecture = ctx.attr.architecture,
        config = ctx.file.config,
        layers = [
            LayerInfo(
                blob = blobs[digest.removeprefix("sha256:")],
                metadata = metadata[digest],
                origin = origin,
            )
            for digest in ctx.attr.digests
        ],
        manifest = ctx.file.manifest,
        os = ctx.attr.os,
        reports = depset(),
        variant = ctx.attr.variant,
        waivers = depset(),
    )
    digest = ctx.actions.declare_file(name + ".json.sha256")
    ctx.actions.write(digest, ctx.attr.digest)
    directory = write_layout(ctx, name, [image], ref = "")
    layout = depset([directory])
    return [
        DefaultInfo(files = layout, runfiles = ctx.runfiles(transitive_files = layout)),
        OutputGroupInfo(
            oci_layout = layout,
            oci_tarball = depset([pack_layout(ctx, name, directory)]),
            digest = depset([digest]),
            config = depset([ctx.file.config]),
            manifest = depset([ctx.file.manifest]),
        ),
        image,
    ]

_pulled_image = rule(
    doc = "An image that was pulled. Actions that need no bytes of its layers do not have them as inputs, so that they are not downloaded.",
    implementation = _pulled_image_impl,
    attrs = LAYOUT_TOOLS | {
        "architecture": attr.string(doc = "OCI architecture, as in the config."),
        "config": attr.label(allow_single_file = True, mandatory = True, doc = "The config."),
        "digest": attr.string(mandatory = True, doc = "Digest of the manifest."),
        "digests": attr.string_list(doc = "Digests of the layers, bottom to top. A layer may occur more than once."),
        "image": attr.string(mandatory = True, doc = "The repository of the registry."),
        "insecure": attr.bool(doc = "Whether the registry has plain http."),
        "layers": attr.label_list(allow_files = True, doc = "The layers, each once. Their base names are the hex digits of their digests."),
        "manifest": attr.label(allow_single_file = True, mandatory = True, doc = "The manifest."),
        "os": attr.string(doc = "OCI operating system, as in the config."),
        "variant": attr.string(doc = "OCI variant of the architecture, as in the config."),
        "_layers": python_tool_attr("//tools/oci_import:layers"),
    },
    provides = [OciImageInfo],
)

def pulled_image(name, layers, **kwargs):
    """Declares `:image`, an image that was pulled, and another name of it.

    Args:
      name: string, the other name.
      layers: list of strings, digests of the layers, bottom to top. Their files have the paths of `oci_names.blob_path`.
      **kwargs: further attributes of the rule, and those that all rules have.
    """
    _pulled_image(
        name = "image",
        digests = layers,
        layers = {oci_names.blob_path(layer): None for layer in layers}.keys(),
        visibility = ["//visibility:public"],
        **kwargs
    )
    native.alias(name = name, actual = ":image", tags = kwargs.get("tags"), visibility = ["//visibility:public"])

def oci_pull_hub(name, image, images):
    """Declares `:<name>`, the image of the target platform, and `:<os>_<architecture>` for each platform.

    Args:
      name: string, name of the repository.
      image: string, label of the image if it is for one platform.
      images: dict from a platform to the label of its image; empty if it is for one platform.
    """
    by_architecture = {}
    for platform, label in images.items():
        target = oci_names.platform_name(platform)
        native.alias(name = target, actual = label, visibility = ["//visibility:public"])

        # Of several variants the first one.
        by_architecture.setdefault(oci_names.parse_platform(platform).architecture, target)
    native.alias(
        name = name,
        actual = select_architecture(
            by_architecture,
            no_match_error = "@%s has no image for the target platform (hint: it has %s)" % (name, ", ".join(images)),
        ) if images else image,
        visibility = ["//visibility:public"],
    )
