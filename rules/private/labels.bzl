"""Labels as text."""

visibility("//rules/...")

def display_label(label):
    """A label as a user would write it: `//:x.json`, `@distroless//base:base_debian12`.

    The same in every workspace and version of Bazel, for what is committed.

    Args:
      label: a Label.

    Returns:
      A string.
    """
    parts = [part for part in label.repo_name.replace("+", "~").split("~") if part]

    # Of a module: `name~` or `name~version`. Of an extension: `name~version~extension~repository`, `name~~extension~repository`.
    name = "" if not parts else parts[-1] if len(parts) > 2 else parts[0]
    return "%s//%s:%s" % ("@" + name if name else "", label.package, label.name)

def is_label(value):
    """Whether the value of a macro's attribute, which has a list form too, is the label of a file: as in rules_oci, also a select.

    Args:
      value: what the user wrote.

    Returns:
      A bool.
    """
    return type(value) in ["string", "Label", "select"]

def stable_label(label, name = None):
    """A label to write into an image.

    It leaves out the repository, whose canonical name differs between workspaces.

    Args:
      label: a Label.
      name: string, replaces the label's own name.

    Returns:
      A string, such as `//static:static_layer_amd64_debian12`.
    """
    return "//%s:%s" % (label.package, name or label.name)
