"""The macros of rules/oci.bzl: rules_oci's attributes, where an option is a list, a dict or a label of a file."""

load(":oci_image.bzl", _oci_image = "oci_image")
load(":oci_image_index.bzl", _oci_image_index = "oci_image_index")

_TWO_FORMS = ["env", "labels", "annotations", "entrypoint", "cmd", "exposed_ports", "volumes"]

def _digest(name, **kwargs):
    """`<name>.digest`: writes `<name>.json.sha256`, which holds `sha256:...`."""
    native.filegroup(
        name = name + ".digest",
        srcs = [name],
        output_group = "digest",
        **{key: kwargs[key] for key in ("visibility", "tags", "testonly") if key in kwargs}
    )

def oci_image(name, **kwargs):
    """An image for one platform.

    Building it writes `<name>`, an OCI image layout directory. `<name>.digest` is the image's digest. With
    `--output_groups=oci_tarball` it is `<name>.oci.tar`, the layout as one tar.

    Args:
      name: name of the target.
      **kwargs: rules_oci's attributes: base, tars, os, architecture, variant, entrypoint, cmd, env, user, workdir,
        labels, annotations, exposed_ports, volumes, created. Where rules_oci takes a label of a file in place of a
        list or a dict, so does this; a select is one of labels. An empty list for entrypoint clears the base's.
    """
    attributes = {}
    for key, value in kwargs.items():
        # What a select holds is not to be seen; as in rules_oci it holds labels.
        is_file = key in _TWO_FORMS and type(value) in ["string", "Label", "select"]
        attributes[key + "_file" if is_file else key] = value
    if kwargs.get("entrypoint") == []:
        attributes["clear_entrypoint"] = True
    _oci_image(name = name, **attributes)
    _digest(name, **kwargs)

def oci_image_index(name, **kwargs):
    """An image for several platforms.

    Building it writes `<name>`, an OCI image layout directory. `<name>.digest` is the index's digest. With
    `--output_groups=oci_tarball` it is `<name>.oci.tar`, the layout as one tar.

    Args:
      name: name of the target.
      **kwargs: images, and optionally platforms and annotations, as in rules_oci.
    """
    _oci_image_index(name = name, **kwargs)
    _digest(name, **kwargs)
