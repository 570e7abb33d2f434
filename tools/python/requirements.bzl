"""Reader of a requirements.txt with exact versions, hashes and `# via` comments, as `uv pip compile` writes it."""

visibility([
    "//tests/rules",
    "//tools/python",
])

def _normalize(name):
    """The name of a distribution's target: normalized as in PEP 503, with underscores."""
    return name.strip().lower().replace("-", "_").replace(".", "_")

def _parse(text):
    """Parses a locked requirements file.

    Args:
      text: string, the file's content. Each requirement is `name==version` with its `--hash=sha256:...` options on
        continued lines. The `# via` comments below it name the distributions that depend on it.

    Returns:
      A dict from a normalized name to struct(requirement: string, the lines for pip; deps: sorted list of normalized
      names of the distributions that it depends on).
    """
    lines = {}
    required_by = {}
    name = None
    in_via = False
    for raw in text.split("\n"):
        line = raw.strip()
        if not line:
            continue
        if line.startswith("#"):
            if name == None:
                continue
            comment = line[1:].strip()
            if comment.startswith("via"):
                in_via = True
                comment = comment[len("via"):].strip()
            if in_via and comment and not comment.startswith("-r "):
                required_by[name].append(_normalize(comment))
            continue
        in_via = False
        if not line.startswith("--hash"):
            if "==" not in line:
                fail("requirements.txt: '%s' has no exact version (hint: run ./knife pip)" % line)
            name = _normalize(line.split("==")[0])
            lines[name] = []
            required_by[name] = []
        lines[name].append(line.removesuffix("\\").strip())
    deps = {name: [] for name in lines}
    for name, parents in required_by.items():
        for parent in parents:
            deps[parent].append(name)
    return {
        name: struct(requirement = " ".join(lines[name]), deps = sorted(deps[name]))
        for name in lines
    }

requirements = struct(parse = _parse)
