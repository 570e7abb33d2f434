"""What the repositories of `oci.pull` declare."""

load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")
load(":oci_names.bzl", "oci_names")
load(":platforms.bzl", "select_architecture")

# Generated repositories load it.
visibility("public")

def _layout_root(blob):
    return blob.dirname.removesuffix("/blobs/sha256")

def _pulled_layout_impl(ctx):
    layout = ctx.actions.declare_directory(ctx.label.name)
    args = ctx.actions.args()
    args.add_all("--layout-out", [layout], expand_directories = False)
    args.add("--manifest", ctx.file.manifest)
    args.add("--config", ctx.file.config)
    args.add_all("--layout", [ctx.file.manifest], map_each = _layout_root)
    args.add_all(ctx.files.layers, before_each = "--layout-file")
    run_python_tool(
        ctx,
        ctx.attr._oci_layout,
        arguments = [args],
        inputs = [ctx.file.manifest, ctx.file.config] + ctx.files.layers,
        outputs = [layout],
        mnemonic = "OciPulledLayout",
        progress_message = "Writing the layout of %{label}",
    )
    files = depset([layout])
    return [DefaultInfo(files = files, runfiles = ctx.runfiles(transitive_files = files))]

_pulled_layout = rule(
    doc = "The OCI image layout of an image that was pulled.",
    implementation = _pulled_layout_impl,
    attrs = {
        "config": attr.label(allow_single_file = True, mandatory = True, doc = "The config."),
        "layers": attr.label_list(allow_files = True, doc = "The layers."),
        "manifest": attr.label(allow_single_file = True, mandatory = True, doc = "The manifest."),
        "_oci_layout": python_tool_attr("//tools/oci_layout"),
    },
)

def pulled_image(name, config, layers, manifest):
    """Declares `:image`, an OCI image layout, and another name of it.

    Args:
      name: string, the other name.
      config: string, digest of the config.
      layers: list of strings, digests of the layers.
      manifest: string, digest of the manifest.
    """

    def _file(digest):
        return "blobs/sha256/" + digest.removeprefix("sha256:")

    _pulled_layout(
        name = "image",
        config = _file(config),
        layers = [_file(layer) for layer in layers],
        manifest = _file(manifest),
        visibility = ["//visibility:public"],
    )
    native.alias(name = name, actual = ":image", visibility = ["//visibility:public"])

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
