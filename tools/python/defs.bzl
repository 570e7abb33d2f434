"""Rules for the BUILD files of tools and tests."""

load("@rules_python//python:defs.bzl", "py_test")
load(":tool.bzl", _python_tool = "python_tool")

visibility([
    "//launcher/...",
    "//private/...",
    "//rules/...",
    "//tests/...",
    "//tools/...",
])

python_tool = _python_tool

def pytest_test(name, srcs, deps = [], args = [], **kwargs):
    """A test that runs pytest on its sources.

    Args:
      name: string, name of the target.
      srcs: list of labels of test modules.
      deps: list of labels of libraries that they import, besides pytest.
      args: list of strings, further arguments of pytest.
      **kwargs: further attributes of py_test.
    """
    py_test(
        name = name,
        srcs = srcs + ["//tools/python:pytest_main.py"],
        main = "//tools/python:pytest_main.py",
        args = ["$(rootpath %s)" % src for src in srcs] + args,
        deps = deps + ["@pip//pytest"],
        **kwargs
    )
