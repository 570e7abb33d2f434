"""The digest of an image as a target."""

visibility("//rules/...")

def declare_digest(name, kwargs):
    """Declares `<name>.digest`, which writes `<name>.json.sha256`.

    Args:
      name: string, name of the image or index.
      kwargs: dict, its attributes that all rules have.
    """
    native.filegroup(
        name = name + ".digest",
        srcs = [name],
        output_group = "digest",
        **{key: kwargs[key] for key in ("visibility", "tags", "testonly") if key in kwargs}
    )
