"""Python programs that run as build actions.

A build runs thousands of such actions, with `run_python_tool`, under any execution strategy. A py_binary starts Python twice
and searches for its runfiles, which takes 0.2 s of CPU for a tool that works for 0.02 s. The actions of all `python_tool`s share
one persistent worker (tools/python/worker). Without it, the interpreter starts once, isolated from the machine's settings, with
one file that has the compiled modules of the tool.
"""

load("//tools/python/private:actions.bzl", _python_tool_attr = "python_tool_attr", _run_python_tool = "run_python_tool")
load("//tools/python/private:programs.bzl", _write_python_program = "write_python_program", _write_python_test = "write_python_test")
load("//tools/python/private:python_tool.bzl", _python_tool = "python_tool")
load("//tools/python/private:python_tool_info.bzl", _PythonToolInfo = "PythonToolInfo")

visibility([
    "//private/...",
    "//rules/...",
    "//tests/...",
    "//tools/...",
])

PythonToolInfo = _PythonToolInfo
python_tool = _python_tool
python_tool_attr = _python_tool_attr
run_python_tool = _run_python_tool
write_python_program = _write_python_program
write_python_test = _write_python_test
