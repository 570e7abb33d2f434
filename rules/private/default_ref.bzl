"""The name of an image by its label."""

visibility(["//rules/...", "//tests/rules/..."])

_LOWER = "abcdefghijklmnopqrstuvwxyz0123456789"
_SEPARATORS = "._-"

def _words(text, allowed):
    """Replaces what is not allowed in names by `-`, and drops separators that do not follow a letter or digit."""
    result = ""
    for character in text.elems():
        if character in allowed:
            result += character
        elif result and result[-1] in allowed:
            result += character if character in _SEPARATORS else "-"
    return result.rstrip(_SEPARATORS)

def default_ref(label):
    """The name of an image that has no `ref`: `cc:debian13` for `//cc:cc_debian13`.

    It is the package, and as a tag the name without the package's. The name alone is used in the root package.

    Args:
      label: the Label of the image.

    Returns:
      A string, REPOSITORY:TAG. Every docker and registry accepts it.
    """
    words = [_words(each.lower(), _LOWER) for each in label.package.split("/")]
    words = [each for each in words if each]
    name = _words(label.name, _LOWER + _LOWER.upper())
    if not words:
        return "%s:latest" % (_words(label.name.lower(), _LOWER) or "image")

    # A first word with a dot is the host of a registry, and so is localhost.
    if len(words) > 1 and ("." in words[0] or words[0] == "localhost"):
        words[0] = words[0].replace(".", "-") + ("-" + words.pop(1) if words[0] == "localhost" else "")
    if name.lower() == words[-1]:
        name = ""
    elif name[:len(words[-1])].lower() == words[-1] and name[len(words[-1])] in _SEPARATORS:
        name = name[len(words[-1]) + 1:]
    return "%s:%s" % ("/".join(words), name[:128] or "latest")
