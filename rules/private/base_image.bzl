"""Images that a rule builds upon: of this rule set, or OCI image layouts from elsewhere."""

load("//rules/providers:layer_info.bzl", "LayerInfo")
load("//rules/providers:oci_image_info.bzl", "OciImageInfo")
load("//rules/providers:oci_index_info.bzl", "OciIndexInfo")
load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")
load(":labels.bzl", "display_label")

visibility("//rules/...")

IMPORT_ATTRS = {
    "_oci_import": python_tool_attr("//tools/oci_import"),
}

def _fail_for_index(ctx, target):
    """Fails with the name of an image that the index contains."""
    index = target.label
    names = [
        owner.name if (owner.repo_name, owner.package) == (index.repo_name, index.package) else display_label(owner)
        for owner in [image.manifest.owner for image in target[OciIndexInfo].images]
        if owner != index
    ]
    fail("%s: %s is an index of images for several platforms, but an image for one platform is needed (hint: name one%s)" % (
        display_label(ctx.label),
        display_label(index),
        ", such as " + names[0] if names else "",
    ))

def _import_layout(ctx, name, target):
    """Reads an image from a directory that another rule set or tool made, and returns its OciImageInfo."""
    directories = target[DefaultInfo].files.to_list()
    if len(directories) != 1 or not (directories[0].is_directory or directories[0].is_source):
        fail("%s: %s is not an image: it has %d files (hint: an image is one directory, an OCI image layout)" % (
            display_label(ctx.label),
            display_label(target.label),
            len(directories),
        ))
    layout = directories[0]

    # The layouts of rules_oci contain symlinks to blobs that are runfiles of the target.
    layout_files = target[DefaultInfo].default_runfiles.files
    manifest = ctx.actions.declare_file(name + ".base.manifest.json")
    config = ctx.actions.declare_file(name + ".base.config.json")
    args = ctx.actions.args()
    args.add_all("--layout", [layout], expand_directories = False)
    args.add("--manifest-out", manifest)
    args.add("--config-out", config)
    args.add("--label", display_label(target.label))
    run_python_tool(
        ctx,
        ctx.attr._oci_import,
        arguments = [args],
        inputs = depset([layout], transitive = [layout_files]),
        outputs = [manifest, config],
        mnemonic = "OciImport",
        progress_message = "Reading the base of %{label}",
    )
    layers = LayerInfo(
        blob = None,
        layout = layout,
        layout_files = layout_files,
        metadata = None,
        parts = depset(),
    )
    return OciImageInfo(config = config, layers = [layers], manifest = manifest, waivers = depset())

def image_of_target(ctx, name, target):
    """The image of a target, whatever made it.

    Args:
      ctx: the rule's context. Its attributes include IMPORT_ATTRS.
      name: string, prefix of files to make.
      target: Target of an `oci_image`, or of exactly one directory, an OCI image layout.

    Returns:
      An OciImageInfo.
    """
    if OciImageInfo in target:
        return target[OciImageInfo]
    if OciIndexInfo in target:
        _fail_for_index(ctx, target)
    return _import_layout(ctx, name, target)
