"""Manifests as the tags of an install say them. docs/lock.md describes manifests."""

load(":architectures.bzl", "DEBIAN_ARCHITECTURES")

visibility("//rules/...")

_DEBIAN_KEYRING = Label("//rules/keyrings:debian-archive-keyring.pgp")
_UBUNTU_KEYRING = Label("//rules/keyrings:ubuntu-archive-keyring.pgp")

# Where the keyrings are, beside the manifest.
_KEYRINGS = "_keyrings"

# The set of `packages` of an install.
_DEFAULT_SET = "packages"

def _words(text):
    """The words of a manifest file that may be names of packages or sets.

    Starlark has no reader of YAML.

    Args:
      text: string, the manifest.

    Returns:
      A sorted list of strings.
    """
    spaced = "".join([c if c.isalnum() or c in "_+.-" else " " for c in text.elems()])
    words = [word.lstrip("_+.-").rstrip(".-") for word in spaced.split(" ")]
    return sorted({word: None for word in words if len(word) > 1 and word == word.lower()})

def _is_snapshot_time(text):
    """Whether a name in a URL is a time such as 20260711T230000Z."""
    return len(text) == 16 and text[8] == "T" and text[15] == "Z" and (text[:8] + text[9:15]).isdigit()

def _default_keyring(tag):
    """The keyring of an archive by its name, or by the last name in its URL. tools/lock/keyrings.py has the same rule."""
    names = tag.url.rstrip("/").split("/")
    if _is_snapshot_time(names[-1]):
        names.pop()
    name = tag.archive or names[-1]
    return {"debian": _DEBIAN_KEYRING, "ubuntu": _UBUNTU_KEYRING}.get(name.partition("-")[0])

def _keyring_path(label):
    """The path of a keyring relative to the manifest. It is the same in every workspace."""
    return "/".join([_KEYRINGS] + [part for part in [label.package, label.name] if part])

def _package_name(text):
    """The name in `libfoo1 (= 1.2-3) [amd64]`."""
    return text.split("(")[0].split("[")[0].strip()

def _given(fields):
    """A dict without the values that tags leave at their default."""
    return {name: value for name, value in fields.items() if value}

def _source(where, tag, keyrings):
    if bool(tag.archive) == bool(tag.url):
        fail("%s: apt.sources: `archive` and `url` are %s (hint: set one of them)" % (where, "both set" if tag.url else "missing"))
    keyring = tag.keyring or _default_keyring(tag)
    if not keyring:
        fail("%s: apt.sources of %s: missing `keyring` (hint: the label of the repository's OpenPGP keyring)" % (
            where,
            tag.archive or tag.url,
        ))
    path = _keyring_path(keyring)
    if keyrings.get(path, keyring) != keyring:
        fail("%s: apt.sources: %s and %s have the same path (hint: rename one of them)" % (where, keyrings[path], keyring))
    keyrings[path] = keyring
    source = _given({
        "archive": tag.archive,
        "url": tag.url,
        "suites": tag.suites,
        "components": tag.components,
        "architectures": tag.architectures,
        "keyring": path,
        "keys": tag.keys,
    })
    return source if tag.check_valid_until else source | {"check_valid_until": False}

def _set(tag):
    return {"packages": tag.packages} | _given({
        "base": tag.bases,
        "architectures": tag.architectures,
        "dependencies": tag.dependencies,
        "ignored_dependencies": tag.ignored_dependencies,
    })

def _check_architectures(where, architectures):
    if not architectures:
        fail('%s: `architectures` is empty (hint: such as architectures = ["amd64", "arm64"])' % where)
    for name in architectures:
        if name in DEBIAN_ARCHITECTURES:
            continue
        same = [debian for debian, each in DEBIAN_ARCHITECTURES.items() if each.oci == name]
        fail("%s: unknown architecture '%s' (hint: %s)" % (
            where,
            name,
            "Debian's name is %s" % " or ".join(same) if same else "must be one of " + ", ".join(DEBIAN_ARCHITECTURES),
        ))

def _from_tags(where, install, tags):
    """The manifest that tags say.

    Args:
      where: string, what errors call the install.
      install: the tag `apt.install`.
      tags: struct(sources, package_set, file: lists of tags of this install).

    Returns:
      struct(text: string, JSON with the schema of a manifest; keyrings: dict from a path beside the manifest to a Label;
      names: list of the names of its sets and packages), or None if there are no such tags.
    """
    if not (install.packages or tags.sources or tags.package_set or tags.file):
        return None
    if install.manifest:
        fail("%s: `manifest` and tags (hint: write everything in one of them)" % where)
    _check_architectures(where, install.architectures)
    if install.ignored_dependencies and not install.packages:
        fail("%s: `ignored_dependencies` without `packages` (hint: set it in apt.package_set)" % where)
    if not (tags.sources or tags.file):
        fail('%s: no apt.sources (hint: such as apt.sources(repo = "%s", archive = "debian", suites = ["bookworm"], components = ["main"]))' % (
            where,
            install.name,
        ))
    keyrings = {}
    sources = [_source(where, tag, keyrings) for tag in tags.sources]
    files = [
        {name: getattr(tag, name) for name in ["name", "version", "architecture", "url", "sha256"]} | _given({"size": tag.size})
        for tag in tags.file
    ]
    sets = {}
    if install.packages:
        sets[_DEFAULT_SET] = {"packages": install.packages} | _given({"ignored_dependencies": install.ignored_dependencies})
    for tag in tags.package_set:
        if tag.name == _DEFAULT_SET:
            fail("%s: apt.package_set '%s': reserved name (hint: `packages` of apt.install is the set of that name)" % (where, tag.name))
        if tag.name in sets:
            fail("%s: apt.package_set '%s': duplicate name (hint: rename one of them)" % (where, tag.name))
        sets[tag.name] = _set(tag)
    if not sets:
        fail("%s: no packages (hint: set `packages`, or add apt.package_set)" % where)
    document = {"version": 1, "architectures": install.architectures, "sets": sets} | _given({
        "sources": sources,
        "files": files,
        "dependencies": install.dependencies,
    })
    names = sets.keys() + [_package_name(text) for each in sets.values() for text in each["packages"]]
    return struct(text = json.encode_indent(document, indent = "  ") + "\n", keyrings = keyrings, names = sorted({name: None for name in names}))

def _check_no_tags(where, install):
    """Fails if an install without a manifest in tags has attributes that would be ignored."""
    for name in ["architectures", "dependencies"]:
        if getattr(install, name):
            fail("%s: `%s` counts only if the packages stand in tags (hint: write it in the manifest)" % (where, name))

apt_manifest = struct(
    check_no_tags = _check_no_tags,
    default_keyring = _default_keyring,
    from_tags = _from_tags,
    words = _words,
)
