"""Finds the interpreter of the machine."""

visibility([
    "//tools/python",
    "//tools/python/private",
])

_OLDEST = (3, 11)
_NEWEST = (3, 14)
HINT = "install Debian's python3 and python3-pip, set DISTROLESS_PYTHON to an interpreter, or use ./bazelw"

def find_interpreter(rctx):
    """Finds the first interpreter of a supported version.

    Args:
      rctx: the repository rule's context.

    Returns:
      struct(path: string, absolute path; version: string, such as `3.11`).
    """
    wanted = rctx.getenv("DISTROLESS_PYTHON")
    names = [wanted] if wanted else ["python3"] + ["python3.%d" % minor for minor in range(_NEWEST[1], _OLDEST[1] - 1, -1)]
    seen = []
    for name in names:
        path = rctx.path(name) if name.startswith("/") else rctx.which(name)
        if not path:
            continue
        probe = rctx.execute([path, "-I", "-c", "import sys; print(sys.executable, *sys.version_info[:2])"])
        if probe.return_code != 0:
            continue
        executable, major, minor = probe.stdout.strip().split(" ")
        seen.append("%s is %s.%s" % (executable, major, minor))
        if _OLDEST <= (int(major), int(minor)) and (int(major), int(minor)) <= _NEWEST:
            return struct(path = executable, version = "%s.%s" % (major, minor))
    fail("Python %d.%d to %d.%d not found: %s (hint: %s)" % (
        _OLDEST + _NEWEST + (", ".join(seen) or "tried %s" % ", ".join(names), HINT)
    ))
