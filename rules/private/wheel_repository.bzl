"""The repositories of wheels: one for each project and architecture, and one that selects among them."""

load("//tools/python:find_interpreter.bzl", "find_interpreter")
load(":download_auth.bzl", "download_auth", "split_userinfo")
load(":installs.bzl", "names_of_all")

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

_MACRO = Label("//rules/private:wheel_package.bzl")
_FAILURE = Label("//rules/private:failing_target.bzl")

def _build_file(content, project, names):
    """The text of the BUILD file of a project, or of all, as targets with these names."""
    failure = content["failures"].get(project)
    if failure:
        return "load({rule}, \"failing_target\")\n".format(rule = repr(str(_FAILURE))) + "".join(["""
failing_target(
    name = {name},
    message = {message},
    visibility = ["//visibility:public"],
)
""".format(message = repr(failure), name = repr(name)) for name in names])
    found = content["projects"][project]
    return "load({macro}, \"wheels_project\")\n".format(macro = repr(str(_MACRO))) + "".join(["""
wheels_project(
    name = {name},
    architectures = {architectures},
    install = {install},
    visibility = {visibility},
    wheels = {wheels},
)
""".format(
        architectures = repr(found["architectures"]),
        install = repr(content["install"]),
        name = repr(name),
        visibility = repr(found["visibility"]),
        wheels = repr(found["wheels"]),
    ) for name in names])

def _wheels_hub_impl(rctx):
    content = json.decode(rctx.attr.content)
    for project in content["projects"].keys() + content["failures"].keys():
        if project == "":
            names = names_of_all(content["install"], content["repository"])
            rctx.file("BUILD.bazel", _build_file(content, project, names))
            continue

        # As the project is called, and as in labels of rules_python.
        for name in [project] + ([project.replace("-", "_")] if "-" in project else []):
            rctx.file(name + "/BUILD.bazel", _build_file(content, project, [name]))

wheels_hub = repository_rule(
    doc = "A library for each project, which selects the wheel by the target platform.",
    implementation = _wheels_hub_impl,
    attrs = {
        "content": attr.string(
            mandatory = True,
            doc = """JSON: `install`, the name of the install; `repository`, the name of this repository; `projects` by their
normalized name, "" for all: `architectures`, `visibility`, and `wheels`, the prefixes of the repositories of the project and
of all that it depends on; `failures`, errors by the name of a project.""",
        ),
    },
)
