"""Programs in Python: the script that the image's interpreter runs."""

load("@rules_python//python:defs.bzl", "PyInfo", "PyRuntimeInfo")
load(":labels.bzl", "display_label")
load(":runfiles_layer.bzl", "runfiles_path")

visibility("//rules/...")

# The order of Bazel's own bootstrap: the directory of the main module, the root of the runfiles, `imports`, repositories.
_LAUNCHER = """\
#!{interpreter}
import os, runpy, sys
runfiles = os.path.realpath(__file__) + ".runfiles"
main = os.path.join(runfiles, {main})
repositories = sorted(entry.name for entry in os.scandir(runfiles) if entry.is_dir())
paths = ["", *{imports}, {workspace}, *(each for each in repositories if each != {workspace})]
sys.path[:1] = dict.fromkeys([os.path.dirname(main), *(os.path.normpath(os.path.join(runfiles, path)) for path in paths)])
os.environ["RUNFILES_DIR"] = os.environ["PYTHON_RUNFILES"] = runfiles
sys.argv[0] = main
del os, repositories, paths, runfiles
runpy.run_path(sys.argv[0], run_name="__main__")
"""

def _bootstrap(target):
    """Runfiles that start the program with Bazel's interpreter: a list of File."""
    executable = target[DefaultInfo].files_to_run.executable
    files = [executable] if executable else []
    if PyRuntimeInfo in target and target[PyRuntimeInfo].files:
        files += target[PyRuntimeInfo].files.to_list()

    # Newer versions of rules_python make a virtual environment and a second program for each py_binary.
    prefix = target.label.package + "/" if target.label.package else ""
    venv = "%s_%s.venv/" % (prefix, target.label.name.lstrip("_"))
    stage2 = "%s%s_stage2_bootstrap.py" % (prefix, target.label.name)
    return files + [
        file
        for file in target[DefaultInfo].default_runfiles.files.to_list()
        if file.short_path.startswith(venv) or file.short_path == stage2
    ]

def python_program(ctx, info, path):
    """What the layers of a py_binary, or of a py_library with `main`, have.

    Args:
      ctx: the context of binary_layer.
      info: ProgramInfo of the binary, or None.
      path: string, absolute path of the program in the image.

    Returns:
      struct(files, runfiles, excluded), as for other programs.
    """
    target = ctx.attr.binary
    main = ctx.file.main or (info.main if info else None)
    if not main:
        fail("%s: the main module of %s is unknown (hint: set `main`)" % (
            display_label(ctx.label),
            display_label(target.label),
        ))
    launcher = ctx.actions.declare_file(ctx.label.name + ".launcher.py")
    ctx.actions.write(launcher, _LAUNCHER.format(
        imports = repr(target[PyInfo].imports.to_list()),
        interpreter = ctx.attr.interpreter,
        main = repr(runfiles_path(main.short_path, ctx.workspace_name)),
        workspace = repr(ctx.workspace_name),
    ))
    return struct(
        excluded = _bootstrap(target),
        files = [(path, launcher)],
        runfiles = ctx.runfiles([main]).merge(target[DefaultInfo].default_runfiles),
    )
