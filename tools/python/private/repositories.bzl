"""Repositories behind the `python` extension."""

_OLDEST = (3, 11)
_NEWEST = (3, 14)
_HINT = "install Debian's python3 and python3-pip, set DISTROLESS_PYTHON to an interpreter, or use ./bazelw"

def find_interpreter(rctx):
    """Finds the first interpreter of a fitting version.

    Args:
      rctx: the repository rule's context.

    Returns:
      struct(path, version).
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
    fail("no Python %d.%d to %d.%d: %s (hint: %s)" % (
        _OLDEST + _NEWEST + (", ".join(seen) or "none of %s runs" % ", ".join(names), _HINT)
    ))

def _host_python_impl(rctx):
    interpreter = find_interpreter(rctx)
    rctx.file("BUILD.bazel", """\
load({defs}, "host_interpreter")

host_interpreter(path = {path}, version = {version})
""".format(
        defs = repr(str(Label("//tools/python/private:host_interpreter.bzl"))),
        path = repr(interpreter.path),
        version = repr(interpreter.version),
    ))

host_python = repository_rule(
    doc = "The machine's own interpreter as a Python toolchain and as the tools' interpreter.",
    implementation = _host_python_impl,
    environ = ["DISTROLESS_PYTHON", "PATH"],
    configure = True,
)

def _pip_distribution_impl(rctx):
    interpreter = find_interpreter(rctx)
    rctx.file("requirements.txt", rctx.attr.requirement + "\n")
    result = rctx.execute([
        interpreter.path,
        "-I",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--no-deps",
        "--no-compile",
        "--only-binary=:all:",
        "--require-hashes",
        "--root-user-action=ignore",
        "--target=site-packages",
        "--requirement=requirements.txt",
    ])
    if result.return_code != 0:
        fail("%s: pip could not install it: %s (hint: %s; pip takes its index, proxy and CA from its own settings)" % (
            rctx.attr.distribution,
            result.stderr.strip(),
            _HINT,
        ))
    rctx.file("BUILD.bazel", """\
load({defs}, "pip_distribution")

pip_distribution(deps = {deps})
""".format(
        defs = repr(str(Label("//tools/python/private:pip_distribution.bzl"))),
        deps = repr(["@pip//" + dep for dep in rctx.attr.deps]),
    ))

pip_distribution = repository_rule(
    doc = "One distribution from PyPI, installed by pip from a wheel with a known hash.",
    implementation = _pip_distribution_impl,
    attrs = {
        "distribution": attr.string(mandatory = True, doc = "Normalised name."),
        "requirement": attr.string(mandatory = True, doc = "name==version with its --hash options."),
        "deps": attr.string_list(doc = "Normalised names of the distributions it needs."),
    },
    environ = ["DISTROLESS_PYTHON", "PATH"],
)

def _pip_hub_impl(rctx):
    for name in rctx.attr.distributions:
        rctx.file(name + "/BUILD.bazel", """\
alias(
    name = "{name}",
    actual = "@pip_{name}//:pkg",
    visibility = ["//visibility:public"],
)
""".format(name = name))

pip_hub = repository_rule(
    doc = "@pip//requests and so on: an alias a distribution, so that one use_repo names them all.",
    implementation = _pip_hub_impl,
    attrs = {"distributions": attr.string_list(mandatory = True, doc = "Normalised names.")},
)
