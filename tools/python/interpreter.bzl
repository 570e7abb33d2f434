"""The machine's interpreter, for repository rules that run pip."""

load("//tools/python/private:repositories.bzl", _find_interpreter = "find_interpreter")

find_interpreter = _find_interpreter
