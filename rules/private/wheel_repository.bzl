"""The repositories of wheels: one for each project and architecture, and one that selects among them."""

load("//tools/python:find_interpreter.bzl", "find_interpreter")
load(":download_auth.bzl", "download_auth", "split_userinfo")

visibility("//rules/private")

# What pip uses if nothing is configured.
_DEFAULT_INDEX = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"

# The formats of pages, the newest first.
_ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"

_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from tools.lib.cli.errors import run; " + \
         "from tools.find_wheel.__main__ import main; sys.exit(run(main, sys.argv))"

def _find_wheel(rctx, python, flags = []):
    """Runs tools/find_wheel, and returns what it prints."""
    result = rctx.execute([
        python,
        "-ISB",
        "-X",
        "utf8",
        "-c",
        _START,
        str(rctx.path(Label("//:MODULE.bazel")).dirname),
        "--requirements",
        rctx.attr.candidates,
        "--python-version=" + rctx.attr.python_version,
        "--architecture=" + rctx.attr.architecture,
        "--glibc=" + rctx.attr.glibc,
    ] + flags)
    if result.return_code != 0:
        fail(result.stderr.strip().removeprefix("error: "))
    return json.decode(result.stdout)

def _index(rctx, python):
    """The URL of the package index, without a final slash, as `split_userinfo` returns it."""
    index = rctx.attr.index or rctx.getenv("PIP_INDEX_URL")
    if not index:
        answer = rctx.execute([python, "-I", "-m", "pip", "config", "get", "global.index-url"], timeout = 60)
        index = answer.stdout.strip() if answer.return_code == 0 else ""
    if not index:
        answer = rctx.execute([python, "-I", "-c", _DEFAULT_INDEX], timeout = 60)
        if answer.return_code != 0:
            fail("%s: no package index is configured (hint: set `index` of wheels.install, or PIP_INDEX_URL)" % rctx.attr.project)
        index = answer.stdout.strip()
    return split_userinfo(index.rstrip("/"))

def _wheel_repository_impl(rctx):
    for source in rctx.attr._tool:
        rctx.watch(source)
    python = find_interpreter(rctx).path
    wheel = ""
    if _find_wheel(rctx, python):
        index = _index(rctx, python)

        # As with pip, an index can be a directory.
        url = "%s/%s/%s" % (index.url, rctx.attr.project, "index.html" if index.url.startswith("file:") else "")
        rctx.download(
            url,
            output = "index",
            auth = download_auth(rctx, [url], index),
            headers = {"Accept": _ACCEPT},
        )
        found = _find_wheel(rctx, python, ["--index-file=index", "--index-url=" + url])
        wheel = found["filename"]
        rctx.download(
            found["url"],
            output = wheel,
            auth = download_auth(rctx, [found["url"]], index),
            sha256 = found["sha256"],
        )
        rctx.delete("index")
    rctx.file("BUILD.bazel", """\
load({macro}, "wheel_package")

wheel_package(wheel = {wheel})
""".format(
        macro = repr(str(Label("//rules/private:wheel_package.bzl"))),
        wheel = repr(wheel),
    ))

wheel_repository = repository_rule(
    doc = "The wheel of a project for an image, as `:wheel`, an empty library if the image does not need it.",
    implementation = _wheel_repository_impl,
    attrs = {
        "architecture": attr.string(mandatory = True, doc = "OCI architecture."),
        "candidates": attr.string(mandatory = True, doc = "JSON list of the requirement for different environments."),
        "glibc": attr.string(mandatory = True, doc = "Version of the image's C library."),
        "index": attr.string(doc = "URL of the package index. Empty: that of pip."),
        "project": attr.string(mandatory = True, doc = "Normalized name."),
        "python_version": attr.string(mandatory = True, doc = "Version of the image's Python."),
        "_tool": attr.label_list(
            default = [
                "//tools/find_wheel:__main__.py",
                "//tools/find_wheel:index.py",
                "//tools/find_wheel:markers.py",
                "//tools/find_wheel:tags.py",
            ],
            doc = "The program that chooses the wheel.",
        ),
    },
    environ = ["DISTROLESS_PYTHON", "PATH", "PIP_INDEX_URL"],
)

def _wheels_hub_impl(rctx):
    macro = repr(str(Label("//rules/private:wheel_package.bzl")))
    for name, closure in rctx.attr.projects.items():
        rctx.file(name + "/BUILD.bazel", """\
load({macro}, "wheels_project")

wheels_project(
    name = {name},
    architectures = {architectures},
    closure = {closure},
    install = {install},
)
""".format(
            architectures = repr(rctx.attr.architectures),
            closure = repr(closure),
            install = repr(rctx.attr.install),
            macro = macro,
            name = repr(name),
        ))
    rctx.file("BUILD.bazel", """\
load({macro}, "all_projects")

all_projects(
    name = {name},
    projects = {projects},
)
""".format(macro = macro, name = repr(rctx.attr.install), projects = repr(sorted(rctx.attr.projects))))

wheels_hub = repository_rule(
    doc = "A library for each project, which selects the wheel by the target platform.",
    implementation = _wheels_hub_impl,
    attrs = {
        "architectures": attr.string_list(mandatory = True, doc = "OCI architectures."),
        "install": attr.string(mandatory = True, doc = "Name of the install, which prefixes the repositories of wheels."),
        "projects": attr.string_list_dict(mandatory = True, doc = "The projects, and all that each one depends on."),
    },
)
