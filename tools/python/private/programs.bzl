"""Executables that run a python_tool with files of a build."""

load(":python_tool_info.bzl", "PythonToolInfo")

visibility("//tools/python")

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
        runfiles = ctx.runfiles(files = files, transitive_files = info.runfiles).merge_all(runfiles),
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
            transitive_files = depset(transitive = files + [info.runfiles]),
        ),
    )
