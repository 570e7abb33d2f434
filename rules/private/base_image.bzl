"""Images that a rule builds upon: of this rule set, or OCI image layouts from elsewhere."""

load("//rules/providers:layer_info.bzl", "LayerInfo")
load("//rules/providers:oci_image_info.bzl", "OciImageInfo")
load("//rules/providers:oci_index_info.bzl", "OciIndexInfo")
load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")
load(":image_file.bzl", "only_image_file")
load(":labels.bzl", "display_label")
load(":oci_platform.bzl", "TARGET_PLATFORM_ATTRS", "platform_text", "target_platform")

visibility("//rules/...")

IMPORT_ATTRS = TARGET_PLATFORM_ATTRS | {
    "_oci_archive": python_tool_attr("//tools/oci_import:archive"),
    "_oci_import": python_tool_attr("//tools/oci_import"),
}

# What `image_of_target` accepts, for the docs of attributes and macros.
BASE_DOC = """an `oci_image`, an `oci_image_index`, or an OCI image layout from elsewhere, a directory or a tar of one. Of
several images the one for the target platform is taken."""

def base_attr(doc = "", cfg = None):
    """The attribute `base`.

    Args:
      doc: string, what the rule does with it.
      cfg: transition to the configuration that the base is built in, or None.

    Returns:
      The attribute.
    """
    return attr.label(allow_files = True, cfg = cfg, doc = "The image underneath: %s%s" % (BASE_DOC, " " + doc if doc else ""))

_ARCHIVE_SUFFIXES = (".tar", ".tar.gz", ".tgz")

def _image_file(ctx, target):
    """The file of an image from elsewhere: a layout directory, or a tar of one."""
    files = target[DefaultInfo].files.to_list()
    groups = target[OutputGroupInfo] if OutputGroupInfo in target else None
    if len(files) != 1 and hasattr(groups, "oci_tarball"):
        # The image of rules_img. The blobs in its directory are links to files that are not known here.
        files = groups.oci_tarball.to_list()
    return only_image_file(ctx, target, files, archives = _ARCHIVE_SUFFIXES)

def _unpack_archive(ctx, name, target, archive):
    """Unpacks a tar of a layout, and returns its directory."""
    layout = ctx.actions.declare_directory(name + ".base.layout")
    args = ctx.actions.args()
    args.add("--archive", archive)
    args.add_all("--layout-out", [layout], expand_directories = False)
    args.add("--label", display_label(target.label))
    run_python_tool(
        ctx,
        ctx.attr._oci_archive,
        arguments = args,
        inputs = [archive],
        outputs = [layout],
        mnemonic = "OciArchive",
        progress_message = "Unpacking the base of %{label}",
    )
    return layout

def _import_layout(ctx, name, target, platform):
    """Reads an image from a directory or a tar that another rule set or tool made, and returns its OciImageInfo."""
    layout = _image_file(ctx, target)
    layout_files = depset()
    if not layout.is_directory and layout.basename.endswith(_ARCHIVE_SUFFIXES):
        layout = _unpack_archive(ctx, name, target, layout)
    else:
        # The layouts of rules_oci contain symlinks to blobs that are runfiles of the target.
        layout_files = target[DefaultInfo].default_runfiles.files
    manifest = ctx.actions.declare_file(name + ".base.manifest.json")
    config = ctx.actions.declare_file(name + ".base.config.json")
    args = ctx.actions.args()
    args.add_all("--layout", [layout], expand_directories = False)
    args.add("--manifest-out", manifest)
    args.add("--config-out", config)
    args.add("--label", display_label(target.label))
    if platform and platform.architecture:
        args.add("--platform", platform_text(platform))
    run_python_tool(
        ctx,
        ctx.attr._oci_import,
        arguments = args,
        inputs = depset([layout], transitive = [layout_files]),
        outputs = [manifest, config],
        mnemonic = "OciImport",
        progress_message = "Reading the base of %{label}",
    )
    layers = LayerInfo(
        blob = None,
        inventories = depset(),
        layout = layout,
        layout_files = layout_files,
        metadata = None,
    )
    return OciImageInfo(
        architecture = "",
        config = config,
        layers = [layers],
        manifest = manifest,
        os = "",
        reports = depset(),
        variant = "",
        waivers = depset(),
    )

def _select_image(ctx, target, platform):
    """The image of an index for the target platform. If there is none, that is an error."""
    images = target[OciIndexInfo].images
    fitting = [each for each in images if (each.os, each.architecture) == (platform.os, platform.architecture)]

    # An index may have several variants of one architecture.
    best = [each for each in fitting if each.variant == platform.variant] + fitting
    if best:
        return best[0]
    fail("%s: the base %s has no image for the target platform, %s: it has %s (hint: build with %s)" % (
        display_label(ctx.label),
        display_label(target.label),
        platform_text(platform) if platform.architecture else "whose architecture OCI does not know",
        ", ".join([platform_text(each) for each in images]),
        "--platforms=@distroless//rules/platforms:%s_%s, or name the image for one architecture as the base" % (
            images[0].os,
            images[0].architecture,
        ),
    ))

def image_of_target(ctx, name, target):
    """The image of a target to build upon, whatever made it. Of an index it is the one for the target platform.

    Args:
      ctx: the rule's context. Its attributes include IMPORT_ATTRS.
      name: string, prefix of files to make.
      target: Target of an `oci_image` or `oci_image_index`, or of an OCI image layout, a directory or a tar of one.

    Returns:
      An OciImageInfo.
    """
    platform = target_platform(ctx)
    if OciImageInfo in target:
        return target[OciImageInfo]
    if OciIndexInfo in target and not [each for each in target[OciIndexInfo].images if not each.architecture]:
        return _select_image(ctx, target, platform)
    return _import_layout(ctx, name, target, platform)

def only_image_of_target(ctx, name, target):
    """The image of a target that must be an image for one platform, whatever made it.

    Args:
      ctx: the rule's context. Its attributes include IMPORT_ATTRS.
      name: string, prefix of files to make.
      target: Target of an `oci_image`, or of an OCI image layout, a directory or a tar of one.

    Returns:
      An OciImageInfo.
    """
    if OciImageInfo in target:
        return target[OciImageInfo]
    if OciIndexInfo in target:
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
    return _import_layout(ctx, name, target, None)
