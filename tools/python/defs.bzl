"""Macros for the tools' BUILD files."""

load("@rules_python//python:defs.bzl", "py_test")
load(":tool.bzl", _python_tool = "python_tool")

python_tool = _python_tool

def pytest_test(name, srcs, deps = [], args = [], **kwargs):
    """A test target that runs pytest on its sources.

    Args:
      name: name of the target.
      srcs: test modules.
      deps: what they import; pytest comes by itself.
      args: further arguments of pytest.
      **kwargs: as for py_test.
    """
    py_test(
        name = name,
        srcs = srcs + ["//tools/python:pytest_main.py"],
        main = "//tools/python:pytest_main.py",
        args = ["$(rootpath %s)" % src for src in srcs] + args,
        deps = deps + ["@pip//pytest"],
        **kwargs
    )
