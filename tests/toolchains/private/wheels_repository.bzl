"""The repository rule of packages from PyPI for an image, whose Python may differ from the machine's."""

load("//tools/python:pip.bzl", "pip_install")

visibility("//tests/toolchains")

# Platforms of wheels for glibc. The number is the oldest version of glibc that they run with; Debian 12 has 2.36.
_MANYLINUX = ["manylinux2014", "manylinux_2_17", "manylinux_2_28", "manylinux_2_34"]

def _wheels_repository_impl(rctx):
    pip_install(rctx, rctx.attr.requirements, rctx.path(rctx.attr.requirements), flags = [
        "--implementation=cp",
        "--python-version=" + rctx.attr.python,
    ] + ["--platform=%s_%s" % (name, rctx.attr.machine) for name in _MANYLINUX])
    rctx.file("BUILD.bazel", """\
load({macro}, "tree")

tree(directory = "site-packages")
""".format(macro = repr(str(Label("//tests/toolchains/private:tree.bzl")))))

wheels_repository = repository_rule(
    doc = "The packages of a requirements.txt with hashes, installed by pip for another Python, as `:app`.",
    implementation = _wheels_repository_impl,
    attrs = {
        "machine": attr.string(mandatory = True, doc = "Architecture of the wheels, such as `x86_64`."),
        "python": attr.string(mandatory = True, doc = "Version of the image's Python, such as `3.11`."),
        "requirements": attr.label(mandatory = True, doc = "The requirements.txt, with a hash for each wheel."),
    },
    environ = ["DISTROLESS_PYTHON", "PATH"],
)
