"""Reads a requirements.txt as pip-compile and `uv pip compile` write it: exact versions, hashes, `# via` comments."""

def _normalize(name):
    """The distribution's name as a target's: PEP 503, with underscores."""
    return name.strip().lower().replace("-", "_").replace(".", "_")

def _parse(text):
    """Parses a locked requirements file.

    Args:
      text: the file's content. Each requirement is `name==version` with its `--hash=sha256:...` options on
        continued lines, and below it `# via` comments that name who asked for it.

    Returns:
      A dict from normalised name to struct(requirement: the lines for pip, deps: normalised names it needs).
    """
    lines = {}
    wanted_by = {}
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
                wanted_by[name].append(_normalize(comment))
            continue
        in_via = False
        if not line.startswith("--hash"):
            if "==" not in line:
                fail("requirements: '{}' is not pinned with == (hint: run ./knife pip)".format(line))
            name = _normalize(line.split("==")[0])
            lines[name] = []
            wanted_by[name] = []
        lines[name].append(line.removesuffix("\\").strip())
    deps = {name: [] for name in lines}
    for name, parents in wanted_by.items():
        for parent in parents:
            deps[parent].append(name)
    return {
        name: struct(requirement = " ".join(lines[name]), deps = sorted(deps[name]))
        for name in lines
    }

requirements = struct(parse = _parse)
