"""The macro `oci_image_index`."""

load(":digest.bzl", "declare_digest")
load(":oci_image_index_rule.bzl", _oci_image_index = "oci_image_index")

visibility("//rules/...")

def oci_image_index(name, *, images, platforms = [], annotations = {}, ref = None, **kwargs):
    """An image for several platforms. The attributes are those of rules_oci; `ref` is new.

    ```
    load("@distroless//rules:oci.bzl", "oci_image_index")

    oci_image_index(
        name = "index",
        images = [
            ":image_amd64",
            ":image_arm64",
        ],
    )
    ```

    Or one image, built for each platform:

    ```
    load("@distroless//rules:oci.bzl", "oci_image_index")

    oci_image_index(
        name = "index",
        images = [":image"],
        platforms = [
            "@distroless//rules/platforms:linux_amd64",
            "@distroless//rules/platforms:linux_arm64",
        ],
    )
    ```

    It declares two targets:
      * `<name>`: an OCI image layout, a directory. With `--output_groups=oci_tarball` Bazel builds `<name>.oci.tar`
        instead, the layout as one tar.
      * `<name>.digest`: the file `<name>.json.sha256` with the index's digest, `sha256:...`.

    Args:
      name: string, name of the target.
      images: list of labels: images for one platform each, or, with `platforms`, one image that is built for each of
        them. An image is an `oci_image`, or one OCI image layout directory from elsewhere.
      platforms: list of labels of `platform` targets to build the one image for, in the order of the index.
      annotations: dict of strings, annotations of the index.
      ref: string, name of the index when its layout or tarball is loaded, such as `cc:debian13`. By default it is the
        target's package and name, as for `oci_image`.
      **kwargs: attributes that all rules have, such as `tags` and `visibility`.
    """
    _oci_image_index(
        name = name,
        annotations = annotations,
        images = images,
        platforms = platforms,
        ref = ref,
        **kwargs
    )
    declare_digest(name, kwargs)
