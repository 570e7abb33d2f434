"""Labels as texts."""

def shown(label):
    """A label in messages: `//static:passwd`, of another repository with its canonical name.

    Args:
      label: a Label.

    Returns:
      A string.
    """
    return str(label).removeprefix("@@")

def recorded(label, name = None):
    """A label in what is built: without its repository, whose name depends on who builds.

    Args:
      label: a Label.
      name: in place of the label's own name.

    Returns:
      A string, `//static:static_layer_amd64_debian12`.
    """
    return "//%s:%s" % (label.package, name or label.name)
