"""Reader of a requirements.txt with exact versions and hashes, as pip-compile and uv write it."""

visibility([
    "//rules/private",
    "//tests/rules",
])

_HASH = "--hash=sha256:"
_LOCK = "lock it, such as with `uv pip compile --generate-hashes`"

def _normalize(name):
    """The name of a project as in PEP 503: lower case, and a hyphen for each run of `-`, `_` and `.`."""
    parts = name.strip().lower().replace("_", "-").replace(".", "-").split("-")
    return "-".join([part for part in parts if part])

def _logical_lines(text):
    """Joins lines that end with a backslash. A comment ends no continuation in what pip-compile writes."""
    lines = []
    pending = ""
    for line in text.replace("\r\n", "\n").split("\n"):
        if line.endswith("\\"):
            pending += line[:-1] + " "
            continue
        lines.append(pending + line)
        pending = ""
    return lines + ([pending] if pending else [])

def _parse_requirement(line, where):
    """Returns (struct, None) or (None, error) of a line without a comment."""
    words = line.split(" --")
    specifier, _, marker = words[0].partition(";")
    hashes = []
    for word in words[1:]:
        option = "--" + word.strip().replace("--hash sha256:", _HASH)
        if option.startswith("--hash ") or option.startswith("--hash="):
            if option.startswith(_HASH):
                hashes.append(option.removeprefix(_HASH).strip())
        else:
            return None, "%s: unknown option '%s'" % (where, option)
    name, found, version = specifier.partition("==")
    if " @ " in specifier or not found or "*" in version or "," in version:
        return None, "%s: '%s' is not name==version (hint: %s)" % (where, specifier.strip(), _LOCK)
    if not hashes:
        return None, "%s: %s has no sha256 (hint: %s)" % (where, specifier.strip(), _LOCK)
    return struct(
        hashes = hashes,
        marker = marker.strip(),
        name = _normalize(name.partition("[")[0]),
        version = version.strip(),
    ), None

def _via(comment, in_via):
    """The projects that a comment names as the reason, and whether the next comment goes on with them."""
    if comment.startswith("via"):
        comment = comment.removeprefix("via").strip()
    elif not in_via:
        return [], False
    names = [name.partition("[")[0].strip() for name in comment.split(",")]
    return [_normalize(name) for name in names if name and not name.startswith("-") and " " not in name and "/" not in name], True

def _parse(text, where):
    """Parses a locked requirements file.

    Args:
      text: string, the file's content.
      where: string, the file, for errors.

    Returns:
      struct(error: string, or None; index: string, the URL of `--index-url`, or an empty string; projects: dict from a
      normalized name to struct(candidates: list of struct(name, version, marker, hashes); closure: sorted list of the
      names of the project and of those that it depends on, by the `# via` comments)).
    """
    candidates = {}
    deps = {}
    index = ""
    name = None
    in_via = False
    for line in _logical_lines(text):
        line, _, comment = (" " + line.replace("\t", " ")).partition(" #")
        line = line.strip()
        if line.startswith("--index-url") or line.startswith("-i "):
            index = line.replace("=", " ").split(" ")[-1].rstrip("/")
            continue
        if line.startswith("--only-binary") or line.startswith("--extra-index-url") or line.startswith("--no-binary"):
            continue
        if line.startswith("-"):
            return struct(error = "%s: '%s' is not supported (hint: lock all requirements in one file)" % (where, line))
        if line:
            requirement, error = _parse_requirement(line, where)
            if error:
                return struct(error = error)
            name = requirement.name
            in_via = False
            candidates.setdefault(name, []).append(requirement)
        if comment and name:
            parents, in_via = _via(comment.strip(), in_via)
            for parent in parents:
                deps.setdefault(parent, {})[name] = True
    if not candidates:
        return struct(error = "%s: no requirements (hint: %s)" % (where, _LOCK))
    return struct(
        error = None,
        index = index,
        projects = {
            name: struct(candidates = candidates[name], closure = _closure(name, deps, candidates))
            for name in sorted(candidates)
        },
    )

def _closure(name, deps, candidates):
    """The names that can be reached from one, which may be a cycle."""
    found = {name: True}
    step = [name]

    # Each step has a name that was not found before.
    for _ in candidates:
        step = [dep for parent in step for dep in deps.get(parent, {}) if dep not in found]
        found |= {dep: True for dep in step}
        if not step:
            break
    return sorted([dep for dep in found if dep in candidates])

requirements = struct(normalize = _normalize, parse = _parse)
