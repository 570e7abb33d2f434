"""Tools for repository rules and module extensions."""

load("//tools/python/private:repository_tool.bzl", _run_repository_tool = "run_repository_tool")

visibility("//rules/private")

run_repository_tool = _run_repository_tool
