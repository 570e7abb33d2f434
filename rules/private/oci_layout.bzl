"""The directory form of images: OCI image layouts, in both directions."""

load("//rules/providers:oci_image_info.bzl", "OciImageInfo")
load("//rules/providers:oci_index_info.bzl", "OciIndexInfo")
load("//tools/python:tool.bzl", "PythonToolInfo", "run_python_tool")
load(":labels.bzl", "shown")

LAYOUT_ATTRS = {
    "_oci_layout": attr.label(
        default = "//tools/oci_layout",
        cfg = "exec",
        providers = [PythonToolInfo],
    ),
    "_oci_tarball": attr.label(
        default = "//tools/oci_layout:tarball",
        cfg = "exec",
        providers = [PythonToolInfo],
    ),
}

IMPORT_ATTRS = {
    "_oci_import": attr.label(
        default = "//tools/oci_import",
        cfg = "exec",
        providers = [PythonToolInfo],
    ),
}

def write_layout(ctx, name, images, index = None):
    """Assembles an OCI image layout.

    Args:
      ctx: the rule's context; its attributes include LAYOUT_ATTRS.
      name: name of the directory.
      images: list of OciImageInfo, one if there is no index.
      index: File, the index that names the images.

    Returns:
      File: the directory.
    """
    layout = ctx.actions.declare_directory(name)
    args = ctx.actions.args()
    args.add_all("--output", [layout], expand_directories = False)

    # umoci and containerd look for a name; others take the only image there is.
    args.add("--ref", "latest")
    if index:
        args.add("--index", index)
    inputs = [index] if index else []
    transitive = []
    seen = {}
    for image in images:
        args.add("--manifest", image.manifest)
        args.add("--config", image.config)
        inputs += [image.manifest, image.config]
        for layer in image.layers:
            if layer.blob in seen:
                continue
            seen[layer.blob] = None

            # A blob that this build made is linked, one file with many names. A source file is the user's own, and
            # outputs are made read-only: it is copied.
            args.add("--copied-layer" if layer.blob.is_source else "--layer")
            args.add(layer.descriptor)
            args.add(layer.blob)
            inputs += [layer.descriptor, layer.blob]
        args.add_all(image.layouts, before_each = "--layout", expand_directories = False)
        inputs += image.layouts
        transitive.append(image.layout_files)
    args.use_param_file("@%s")
    args.set_param_file_format("multiline")
    run_python_tool(
        ctx,
        ctx.attr._oci_layout,
        arguments = [args],
        inputs = depset(inputs, transitive = transitive),
        outputs = [layout],
        mnemonic = "OciLayout",
        progress_message = "Laying out %{label}",
        # A hard link cannot leave a sandbox's mount; the tool reads what it is given and nothing else.
        execution_requirements = {"no-sandbox": "1"},
    )
    return layout

def pack_layout(ctx, name, layout):
    """Packs an OCI image layout into one tar, which is made only where it is asked for.

    Args:
      ctx: the rule's context; its attributes include LAYOUT_ATTRS.
      name: prefix of the file to make.
      layout: File: the directory.

    Returns:
      File: the tar.
    """
    tarball = ctx.actions.declare_file(name + ".oci.tar")
    args = ctx.actions.args()
    args.add_all("--layout", [layout], expand_directories = False)
    args.add("--output", tarball)
    run_python_tool(
        ctx,
        ctx.attr._oci_tarball,
        arguments = [args],
        inputs = [layout],
        outputs = [tarball],
        mnemonic = "OciTarball",
        progress_message = "Packing %{label}",
    )
    return tarball

def _check_one_image(ctx, target):
    """Fails for an index, with the name of an image of it."""
    if OciIndexInfo not in target:
        return
    own = target.label
    names = [
        owner.name if (owner.repo_name, owner.package) == (own.repo_name, own.package) else shown(owner)
        for owner in [image.manifest.owner for image in target[OciIndexInfo].images]
        if owner != own
    ]
    fail("%s: %s is an index of images for several platforms, and one image is needed (hint: name the image of one platform%s)" % (
        shown(ctx.label),
        shown(own),
        ", such as " + names[0] if names else "",
    ))

def import_layout(ctx, name, target):
    """Reads an image from a directory that another rule set or tool made.

    Args:
      ctx: the rule's context; its attributes include IMPORT_ATTRS.
      name: prefix of the files to make.
      target: Target of exactly one directory, an OCI image layout.

    Returns:
      An OciImageInfo.
    """
    _check_one_image(ctx, target)
    directories = target[DefaultInfo].files.to_list()
    if len(directories) != 1 or not (directories[0].is_directory or directories[0].is_source):
        fail("%s: %s has %d files, and is no image (hint: an image is one directory, an OCI layout)" % (
            shown(ctx.label),
            shown(target.label),
            len(directories),
        ))
    layout = directories[0]

    # rules_oci's layouts hold symlinks to blobs that are runfiles of the target.
    files = target[DefaultInfo].default_runfiles.files
    manifest = ctx.actions.declare_file(name + ".base.manifest.json")
    config = ctx.actions.declare_file(name + ".base.config.json")
    args = ctx.actions.args()
    args.add_all("--layout", [layout], expand_directories = False)
    args.add("--manifest-out", manifest)
    args.add("--config-out", config)
    args.add("--label", shown(target.label))
    run_python_tool(
        ctx,
        ctx.attr._oci_import,
        arguments = [args],
        inputs = depset([layout], transitive = [files]),
        outputs = [manifest, config],
        mnemonic = "OciImport",
        progress_message = "Reading the base of %{label}",
    )
    return OciImageInfo(
        config = config,
        manifest = manifest,
        layers = [],
        exceptions = [],
        layouts = [layout],
        layout_files = files,
    )

def image_files(image):
    """All files of an OciImageInfo, a list: what must be built for it to be shipped."""
    return [image.manifest, image.config] + [
        file
        for layer in image.layers
        for file in (layer.blob, layer.descriptor)
    ] + image.layouts
