"""Python programs that run as build actions.

A py_binary starts Python twice and searches for its runfiles, which takes 0.2 s of CPU for a tool that works for 0.02 s. A
`python_tool` starts the interpreter once, isolated from the machine's settings, with a launcher that knows the import paths.
A build runs thousands of such actions, with `run_python_tool`, under any execution strategy.
"""

load("@rules_python//python:defs.bzl", "PyInfo")
load("//tools/python/private:host_interpreter.bzl", "PythonInterpreterInfo")

visibility([
    "//private/...",
    "//rules/...",
    "//tests/...",
    "//tools/...",
])

PythonToolInfo = provider(
    doc = "A Python program that actions can run.",
    fields = {
        "imports": "List of strings: import paths below the root of the runfiles.",
        "inputs": "depset of File: launcher, sources and data.",
        "interpreter": "string: absolute path of the interpreter.",
        "launcher": "File: the script that sets the import path and calls `main`.",
        "module": "string: dotted name of the module that has `main`.",
    },
)

_LAUNCHER = """\
import sys
sys.path[:0] = {paths}
from tools.lib.cli.errors import run
from {module} import main
sys.exit(run(main, ["{name}", *sys.argv[1:]]))
"""

# For `bazel run`, in the directory that it is called from.
_EXECUTABLE = """\
#!{interpreter} -ISB
import os, sys
runfiles = os.path.abspath(__file__) + ".runfiles"
sys.path[:0] = [os.path.join(runfiles, path) for path in {imports}]
os.chdir(os.environ.get("BUILD_WORKING_DIRECTORY", "."))
from tools.lib.cli.errors import run
from {module} import main
sys.exit(run(main, ["{name}", *sys.argv[1:]]))
"""

def _import_root(ctx, path):
    """Turns an import path of PyInfo (`repository/directory`) into a path below the execution root."""
    repository, _, directory = path.partition("/")
    if repository == ctx.workspace_name or repository == "_main":
        return directory or "."
    return "/".join(["external", repository] + ([directory] if directory else []))

def _python_tool_impl(ctx):
    main = ctx.file.main
    deps = [dep[PyInfo] for dep in ctx.attr.deps]
    imports = depset(transitive = [dep.imports for dep in deps])
    sources = depset([main], transitive = [dep.transitive_sources for dep in deps])
    runfiles = depset(transitive = [dep[DefaultInfo].default_runfiles.files for dep in ctx.attr.deps])
    launcher = ctx.actions.declare_file(ctx.label.name + ".launcher.py")
    root = main.owner.workspace_root
    module = main.path.removeprefix(root + "/").removesuffix(".py").replace("/", ".")
    ctx.actions.write(launcher, _LAUNCHER.format(
        paths = repr([root or "."] + [_import_root(ctx, path) for path in imports.to_list()]),
        module = module,
        name = ctx.label.name,
    ))

    # A sandbox has a link for each input. Metadata of distributions and stubs for type checkers would be a third of them.
    data = [
        file
        for file in runfiles.to_list()
        if ".dist-info/" not in file.path and file.extension != "pyi" and file.basename != "py.typed"
    ]
    inputs = depset([launcher] + data, transitive = [sources])
    interpreter = ctx.attr._interpreter[PythonInterpreterInfo].path
    import_paths = [main.owner.workspace_name or ctx.workspace_name] + imports.to_list()
    executable = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(executable, _EXECUTABLE.format(
        interpreter = interpreter,
        imports = repr(import_paths),
        module = module,
        name = ctx.label.name,
    ), is_executable = True)
    return [
        DefaultInfo(
            executable = executable,
            files = depset([launcher]),
            runfiles = ctx.runfiles(transitive_files = inputs),
        ),
        PythonToolInfo(
            interpreter = interpreter,
            launcher = launcher,
            inputs = inputs,
            module = module,
            imports = import_paths,
        ),
    ]

python_tool = rule(
    doc = """A Python program for actions: a module with `main(argv) -> int`, and the libraries that it imports.

`bazel run` runs it too, with paths relative to the current directory.""",
    executable = True,
    implementation = _python_tool_impl,
    attrs = {
        "deps": attr.label_list(providers = [PyInfo], doc = "Libraries that the program imports."),
        "main": attr.label(allow_single_file = [".py"], mandatory = True, doc = "Source file of the module that has `main`."),
        "_interpreter": attr.label(
            default = "@distroless_python//:interpreter",
            providers = [PythonInterpreterInfo],
            doc = "The interpreter that runs the program.",
        ),
    },
    provides = [PythonToolInfo],
)

def python_tool_attr(tool):
    """An attribute of a rule whose actions run a python_tool.

    Args:
      tool: string, absolute label of the python_tool.

    Returns:
      An attribute, which run_python_tool takes.
    """
    return attr.label(default = tool, cfg = "exec", providers = [PythonToolInfo], doc = "A program that actions run.")

_TEST_LAUNCHER = """\
#!{interpreter} -ISB
import os, sys
runfiles = os.environ.get("TEST_SRCDIR") or os.path.abspath(__file__) + ".runfiles"
os.chdir(os.path.join(runfiles, "{workspace}"))
sys.path[:0] = [os.path.join(runfiles, path) for path in {imports}]
from tools.lib.cli.errors import run
from {module} import main
sys.exit(run(main, ["{name}", *{arguments}, *sys.argv[1:]]))
"""

def write_python_test(ctx, tool, *, arguments, files, runfiles = []):
    """Makes a test that runs a python_tool.

    Args:
      ctx: the test rule's context.
      tool: Target of the tool.
      arguments: list of strings; files are given by their short_path.
      files: list of File that the tool reads.
      runfiles: list of further runfiles.

    Returns:
      A list of DefaultInfo, the rule's providers.
    """
    info = tool[PythonToolInfo]
    launcher = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(launcher, _TEST_LAUNCHER.format(
        interpreter = info.interpreter,
        workspace = ctx.workspace_name,
        imports = repr(info.imports),
        module = info.module,
        name = ctx.label.name,
        arguments = repr(arguments),
    ), is_executable = True)
    return [DefaultInfo(
        executable = launcher,
        runfiles = ctx.runfiles(files = files, transitive_files = info.inputs).merge_all(runfiles),
    )]

_PROGRAM = """\
#!{interpreter} -ISB
import os, sys
runfiles = os.path.abspath(__file__) + ".runfiles"
if not os.path.isdir(runfiles):
    runfiles = os.environ.get("RUNFILES_DIR") or os.environ["TEST_SRCDIR"]
runfiles = os.path.abspath(runfiles)
sys.path[:0] = [os.path.join(runfiles, path) for path in {imports}]
os.chdir(os.environ.get("BUILD_WORKING_DIRECTORY", "."))
def file(path):
    return os.path.join(runfiles, path)
from tools.lib.cli.errors import run
from {module} import main
sys.exit(run(main, ["{name}", *[{arguments}], *sys.argv[1:]]))
"""

def write_python_program(ctx, tool, *, arguments, files = []):
    """Makes an executable that runs a python_tool with files of the build, in the user's directory.

    Arguments of `bazel run` follow those given here.

    Args:
      ctx: the rule's context.
      tool: Target of the tool, of an attribute that python_tool_attr made.
      arguments: list of strings and Files.
      files: list of depset of File, what the tool reads besides the Files in `arguments`.

    Returns:
      A DefaultInfo with the executable and its runfiles.
    """
    info = tool[PythonToolInfo]
    program = ctx.actions.declare_file(ctx.label.name)
    directory = "/".join([ctx.label.repo_name or ctx.workspace_name] + ([ctx.label.package] if ctx.label.package else []))
    words = []

    # By names of their own: the files of one target, built for two platforms, have the same name in runfiles.
    links = {}
    for number, each in enumerate(arguments):
        if type(each) == "File":
            link = "%s/%s.files/%d/%s" % (directory, ctx.label.name, number, each.basename)
            links[link] = each
            words.append("file(%r)" % link)
        else:
            words.append(repr(each))
    ctx.actions.write(program, _PROGRAM.format(
        interpreter = info.interpreter,
        imports = repr(info.imports),
        module = info.module,
        name = ctx.label.name,
        arguments = ", ".join(words),
    ), is_executable = True)
    return DefaultInfo(
        executable = program,
        runfiles = ctx.runfiles(
            root_symlinks = links,
            transitive_files = depset(transitive = files + [info.inputs]),
        ),
    )

def run_python_tool(ctx, tool, *, arguments, inputs, outputs, mnemonic, progress_message, execution_requirements = None):
    """Registers an action that runs a python_tool.

    Args:
      ctx: the rule's context.
      tool: Target of the tool, of an attribute that python_tool_attr made.
      arguments: list of Args.
      inputs: list or depset of File.
      outputs: list of File.
      mnemonic: string, the action's mnemonic.
      progress_message: string, the action's progress message.
      execution_requirements: dict of strings, as for ctx.actions.run.
    """
    info = tool[PythonToolInfo]
    start = ctx.actions.args()

    # Isolated, without site-packages and bytecode, and UTF-8 in every locale: only declared code runs.
    start.add_all(["-I", "-S", "-B", "-X", "utf8"])
    start.add(info.launcher)
    ctx.actions.run(
        executable = info.interpreter,
        arguments = [start] + arguments,
        # The action's own inputs come first, because %{input} of the message is the first one.
        inputs = depset(transitive = [
            inputs if type(inputs) == "depset" else depset(inputs),
            info.inputs,
        ]),
        outputs = outputs,
        mnemonic = mnemonic,
        progress_message = progress_message,
        execution_requirements = execution_requirements or {},
    )
