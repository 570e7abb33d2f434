"""The digest of an image as a target."""

load("//rules/providers:oci_image_info.bzl", "OciImageInfo")
load("//rules/providers:oci_index_info.bzl", "OciIndexInfo")

visibility("//rules/...")

def _image_digest_impl(ctx):
    target = ctx.attr.image
    images = target[OciIndexInfo].images if OciIndexInfo in target else [target[OciImageInfo]]
    files = target[OutputGroupInfo].digest
    return [
        DefaultInfo(files = files, runfiles = ctx.runfiles(transitive_files = files)),
        OutputGroupInfo(_validation = depset(transitive = [image.reports for image in images])),
    ]

_image_digest = rule(
    doc = """The file with the digest of an image or index.

Not a filegroup: that has the runfiles of the image, so that Bazel would write the layout, and download the layers of a base
that was pulled. An image with findings is an error nevertheless.""",
    implementation = _image_digest_impl,
    attrs = {
        "image": attr.label(
            providers = [[OciImageInfo], [OciIndexInfo]],
            mandatory = True,
            doc = "An `oci_image` or `oci_image_index`.",
        ),
    },
)

def declare_digest(name, kwargs):
    """Declares `<name>.digest`, which writes `<name>.json.sha256`.

    Args:
      name: string, name of the image or index.
      kwargs: dict, its attributes that all rules have.
    """
    _image_digest(
        name = name + ".digest",
        image = name,
        **{key: kwargs[key] for key in ("visibility", "tags", "testonly") if key in kwargs}
    )
