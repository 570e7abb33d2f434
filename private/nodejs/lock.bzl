"""Reader of the lock of Node.js releases. docs/nodejs.md has its schema."""

load("//private:distributions.bzl", "ARCHITECTURES")

visibility([
    "//private",
    "//tests/rules",
])

_VERSION = 1
_ARCHIVE_FIELDS = ["architecture", "bin_node_sha256", "license_sha256", "major", "sources", "version"]
_SOURCE_FIELDS = ["npm", "sha256", "strip_prefix", "url"]

def _is_sha256(text):
    return type(text) == "string" and len(text) == 64 and not text.strip("0123456789abcdef")

def _source_errors(source, where):
    errors = ["%s.%s: unknown field" % (where, key) for key in source if key not in _SOURCE_FIELDS]
    if ("url" in source) == ("npm" in source):
        errors.append("%s: must have either url or npm" % where)
    if "npm" in source and len(source["npm"].rpartition("@")[0]) < 1:
        errors.append("%s.npm: must be name@version, not '%s'" % (where, source["npm"]))
    if not source.get("url", "https://").startswith("https://"):
        errors.append("%s.url: must begin with https://" % where)
    if not _is_sha256(source.get("sha256")):
        errors.append("%s.sha256: invalid sha256" % where)
    if not source.get("strip_prefix"):
        errors.append("%s.strip_prefix: missing field" % where)
    return errors

def _archive_errors(archive, where):
    errors = ["%s.%s: unknown field" % (where, key) for key in archive if key not in _ARCHIVE_FIELDS]
    if archive.get("architecture") not in ARCHITECTURES:
        errors.append("%s.architecture: must be one of %s" % (where, ", ".join(ARCHITECTURES)))
    if not archive.get("version", "").startswith(archive.get("major", "?") + "."):
        errors.append("%s.version: must begin with major" % where)
    pins = [key for key in ["bin_node_sha256", "license_sha256"] if key in archive]
    errors += ["%s.%s: invalid sha256" % (where, key) for key in pins if not _is_sha256(archive[key])]

    # They make sure that the layer is the same for each source.
    if len(archive.get("sources", [])) > 1 and len(pins) < 2:
        errors.append("%s: must have bin_node_sha256 and license_sha256 if there are several sources" % where)
    if not archive.get("sources"):
        errors.append("%s.sources: must not be empty" % where)
    for index, source in enumerate(archive.get("sources", [])):
        errors += _source_errors(source, "%s.sources[%d]" % (where, index))
    return errors

def _errors(lock):
    """Checks a lock.

    Args:
      lock: the decoded JSON, or None.

    Returns:
      List of strings: the path of a field, a colon, and what is wrong with it.
    """
    if type(lock) != "dict" or lock.get("version") != _VERSION or type(lock.get("archives")) != "list":
        return ["not a lock of version %d" % _VERSION]
    errors = []
    seen = {}
    for index, archive in enumerate(lock["archives"]):
        where = "archives[%d]" % index
        errors += _archive_errors(archive, where)
        key = (archive.get("major"), archive.get("architecture"))
        if key in seen:
            errors.append("%s: duplicate release line and architecture, as in %s" % (where, seen[key]))
        seen[key] = where
    return errors

def _parse(text, name):
    """Parses a lock.

    Args:
      text: string, the lock's JSON.
      name: string, the file's name, for errors.

    Returns:
      List of struct(major: string, the release line; architecture: string, OCI's name; version: string; sources: list of
      dicts with `url` or `npm`, `sha256` and `strip_prefix`; node_sha256 and license_sha256: string, hex or empty;
      repository: string, the name of its repository).
    """
    lock = json.decode(text, default = None)
    for error in _errors(lock):
        fail("%s: %s (hint: docs/nodejs.md has its schema)" % (name, error))
    return [struct(
        major = archive["major"],
        architecture = archive["architecture"],
        version = archive["version"],
        sources = archive["sources"],
        node_sha256 = archive.get("bin_node_sha256", ""),
        license_sha256 = archive.get("license_sha256", ""),
        repository = "node%s_%s" % (archive["major"], archive["architecture"]),
    ) for archive in lock["archives"]]

def _versions(archives):
    """A dict from a release line to a dict from an architecture to the version."""
    result = {}
    for archive in archives:
        result.setdefault(archive.major, {})[archive.architecture] = archive.version
    return result

nodejs_lock = struct(
    errors = _errors,
    parse = _parse,
    versions = _versions,
)
