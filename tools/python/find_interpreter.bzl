"""The interpreter of the machine, for other repository rules."""

load("//tools/python/private:find_interpreter.bzl", _find_interpreter = "find_interpreter")

visibility("//rules/private")

find_interpreter = _find_interpreter
