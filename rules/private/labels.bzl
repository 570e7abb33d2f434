"""Labels as text."""

visibility("//rules/...")

def display_label(label):
    """A label for people to read: `//static:passwd`. One of another repository begins with its canonical name.

    Args:
      label: a Label.

    Returns:
      A string.
    """
    return str(label).removeprefix("@@")

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
