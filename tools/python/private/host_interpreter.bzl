"""The macro of the repository of the machine's interpreter."""

load("@rules_python//python:defs.bzl", "py_runtime", "py_runtime_pair")

# Generated repositories load it.
visibility("public")

PythonInterpreterInfo = provider(
    doc = "The interpreter that runs the tools.",
    fields = {
        "path": "string: absolute path on the machine that executes actions.",
        "version": "string: major and minor version, such as `3.11`.",
    },
)

def _python_interpreter_impl(ctx):
    return PythonInterpreterInfo(path = ctx.attr.path, version = ctx.attr.version)

_python_interpreter = rule(
    doc = "An interpreter of the machine.",
    implementation = _python_interpreter_impl,
    attrs = {
        "path": attr.string(mandatory = True, doc = "Absolute path of the interpreter."),
        "version": attr.string(mandatory = True, doc = "Major and minor version, such as `3.11`."),
    },
    provides = [PythonInterpreterInfo],
)

# buildifier: disable=unnamed-macro
def host_interpreter(path, version):
    """Declares `:interpreter` for the tools' actions and `:toolchain` for py_binary and py_test.

    Args:
      path: string, absolute path of the interpreter.
      version: string, its major and minor version.
    """
    _python_interpreter(
        name = "interpreter",
        path = path,
        version = version,
        visibility = ["//visibility:public"],
    )
    py_runtime(
        name = "runtime",
        interpreter_path = path,
        python_version = "PY3",
    )
    py_runtime_pair(
        name = "runtime_pair",
        py3_runtime = ":runtime",
    )
    native.toolchain(
        name = "toolchain",
        toolchain = ":runtime_pair",
        toolchain_type = "@bazel_tools//tools/python:toolchain_type",
        visibility = ["//visibility:public"],
    )
