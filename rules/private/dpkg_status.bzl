"""`dpkg_status`: the packages of an image as one file, as dpkg itself keeps them."""

load("//tools/python:tool.bzl", "python_tool_attr", "run_python_tool")
load(":base_image.bzl", "BASE_DOC", "IMPORT_ATTRS", "image_of_target")
load(":file_entries.bzl", "file_entries")
load(":image_flags.bzl", "add_image", "add_target")
load(":labels.bzl", "display_label")
load(":part.bzl", "GENERATED_MTIME")

visibility("//rules/...")

DPKG_STATUS_ATTRS = {
    "_dpkg_status": python_tool_attr("//tools/dpkg_status"),
}

def write_dpkg_status(ctx, name, *, image = None, targets = []):
    """Writes the packages of an image as a classic dpkg status file.

    Args:
      ctx: the rule's context. Its attributes include DPKG_STATUS_ATTRS.
      name: string, the name of the file to make.
      image: OciImageInfo, or None.
      targets: list of Target with PartsInfo, LayersInfo, or tar files: what is above the image, bottom to top.

    Returns:
      A File.
    """
    status = ctx.actions.declare_file(name)
    args = ctx.actions.args()
    inputs = add_image(args, image) if image else []
    for target in targets:
        inputs += add_target(args, target)
    args.add("--status-out", status)
    run_python_tool(
        ctx,
        ctx.attr._dpkg_status,
        arguments = args,
        inputs = depset(transitive = inputs),
        outputs = [status],
        mnemonic = "DpkgStatus",
        progress_message = "Listing the packages of %{label}",
    )
    return status

def _dpkg_status_file_impl(ctx):
    if not (ctx.attr.base or ctx.attr.parts):
        fail("%s: `base` and `parts` are empty (hint: name the image whose packages to list)" % display_label(ctx.label))
    image = image_of_target(ctx, ctx.label.name, ctx.attr.base) if ctx.attr.base else None
    status = write_dpkg_status(ctx, ctx.label.name, image = image, targets = ctx.attr.parts)
    return [DefaultInfo(files = depset([status]))]

dpkg_status_file = rule(
    doc = "The file of `dpkg_status`.",
    implementation = _dpkg_status_file_impl,
    attrs = DPKG_STATUS_ATTRS | IMPORT_ATTRS | {
        "base": attr.label(allow_files = True, doc = "The image whose packages to list: " + BASE_DOC),
        "parts": attr.label_list(
            allow_files = True,
            doc = "What is above `base`, bottom to top: packages, package sets, `oci_layer` targets, and tar files.",
        ),
    },
)

def dpkg_status(name, *, base = None, parts = [], mtime = GENERATED_MTIME, **kwargs):
    """The packages of an image in `/var/lib/dpkg/status`, one file, for programs that do not read `status.d`.

    Images of this module register each package in `/var/lib/dpkg/status.d`, where scanners find it. dpkg itself, and
    programs that ask it (`dpkg -l`, `dpkg-query`), read the one file only.

    ```
    load("@distroless//rules:oci.bzl", "oci_image")
    load("@distroless//rules:rootfs.bzl", "dpkg_status")

    dpkg_status(
        name = "status",
        base = "@distroless//base:base_debian12",
        parts = ["@bookworm//curl"],
    )

    oci_image(
        name = "image",
        base = "@distroless//base:base_debian12",
        tars = ["@bookworm//curl", ":status"],
    )
    ```

    It declares two targets: `<name>`, the part for an image, and `<name>.file`, the file alone.

    Args:
      name: string, name of the target.
      base: label of the image whose packages to list, of any kind that `oci_image` has as its base. Their
        paragraphs come from `/var/lib/dpkg/status` and `/var/lib/dpkg/status.d`.
      parts: list of labels, what is above `base`, bottom to top: packages, package sets, `oci_layer` targets, tar files.
      mtime: int, time of the file, in seconds since 1970.
      **kwargs: attributes that all rules have, such as `tags` and `visibility`.
    """
    dpkg_status_file(
        name = name + ".file",
        base = base,
        parts = parts,
        **kwargs
    )
    file_entries(
        name = name,
        srcs = [":%s.file" % name],
        entries = json.encode([
            {"path": "/var/lib/dpkg/status", "type": "file", "mode": "0644", "uid": 0, "gid": 0, "source": 0},
        ]),
        mtime = mtime,
        **kwargs
    )
