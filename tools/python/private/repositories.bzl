"""The repository rules of the `python` extension."""

load(":find_interpreter.bzl", "find_interpreter")
load(":pip_install.bzl", "pip_install")

visibility("//tools/python")

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
    doc = "The interpreter of the machine, for the tools and as a toolchain for py_binary and py_test.",
    implementation = _host_python_impl,
    environ = ["DISTROLESS_PYTHON", "PATH"],
    configure = True,
)

def _pip_distribution_impl(rctx):
    rctx.file("requirements.txt", rctx.attr.requirement + "\n")
    pip_install(rctx, rctx.attr.distribution, "requirements.txt")
    rctx.file("BUILD.bazel", """\
load({defs}, "pip_distribution")

pip_distribution(deps = {deps})
""".format(
        defs = repr(str(Label("//tools/python/private:pip_distribution.bzl"))),
        deps = repr(["@pip//" + dep for dep in rctx.attr.deps]),
    ))

pip_distribution = repository_rule(
    doc = "One distribution from PyPI, installed by pip from a wheel that is verified by its hash.",
    implementation = _pip_distribution_impl,
    attrs = {
        "deps": attr.string_list(doc = "Normalized names of the distributions that it depends on."),
        "distribution": attr.string(mandatory = True, doc = "Normalized name."),
        "requirement": attr.string(mandatory = True, doc = "`name==version` with its `--hash` options."),
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
    doc = "An alias per distribution, such as @pip//requests, so that MODULE.bazel needs to name only one repository.",
    implementation = _pip_hub_impl,
    attrs = {"distributions": attr.string_list(mandatory = True, doc = "Normalized names.")},
)
