"""The provider of python_tool."""

visibility("//tools/python/...")

PythonToolInfo = provider(
    doc = "A Python program that actions can run.",
    fields = {
        "action_inputs": "depset of File: what an action needs of the program.",
        "description": "File: module, name and import paths, as tools/python/worker/start.py reads them.",
        "execution_requirements": "dict of strings: what actions need to run in a worker, empty if they must not.",
        "imports": "List of strings: import paths below the root of the runfiles.",
        "interpreter": "string: absolute path of the interpreter.",
        "module": "string: dotted name of the module that has `main`.",
        "runfiles": "depset of File: sources and data.",
        "starter": "List of File: the script that starts an action or a worker, and what a worker imports itself.",
    },
)
