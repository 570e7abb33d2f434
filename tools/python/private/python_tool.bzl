"""The rule `python_tool`."""

load("@bazel_skylib//rules:common_settings.bzl", "BuildSettingInfo")
load("@rules_python//python:defs.bzl", "PyInfo")
load(":host_interpreter.bzl", "PythonInterpreterInfo")
load(":python_tool_info.bzl", "PythonToolInfo")

visibility("//tools/python")

# https://bazel.build/remote/creating and /multiplex. Without the mnemonic each kind of action would have its own process.
_WORKER_REQUIREMENTS = {
    "requires-worker-protocol": "json",
    "supports-multiplex-sandboxing": "1",
    "supports-multiplex-workers": "1",
    "supports-worker-cancellation": "1",
    "supports-workers": "1",
    "worker-key-mnemonic": "PythonTool",
}

# Isolated, without site-packages and bytecode, and UTF-8 in every locale: only declared code runs.
INTERPRETER_FLAGS = ["-I", "-S", "-B", "-X", "utf8"]

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

def _pack(ctx, interpreter, sources, paths):
    """Compiles sources and packs them into one file, which is an import path.

    Returns:
      struct(archive: File, or None if there is nothing to pack; unpacked: list of File, the other sources).
    """

    # A package that has other files may look for them beside its modules.
    unpacked = {file.owner.workspace_root: True for file in sources if file.extension != "py"}
    packed = [file for file in sources if file.owner.workspace_root not in unpacked]
    archive = ctx.actions.declare_file(ctx.label.name + ".zip")
    args = ctx.actions.args()
    args.add_all(INTERPRETER_FLAGS)
    args.add(ctx.file._pack)
    args.add(archive)

    # Bytecode depends on it, and Bazel does not see the interpreter.
    args.add(interpreter.version)
    args.add_all(paths)
    args.add("--")
    args.add_all(packed)
    ctx.actions.run(
        executable = interpreter.path,
        arguments = [args],
        inputs = packed + [ctx.file._pack],
        outputs = [archive],
        mnemonic = "PackPythonTool",
        progress_message = "Compiling %{label}",
    )
    return struct(archive = archive, unpacked = [file for file in sources if file.owner.workspace_root in unpacked])

def _python_tool_impl(ctx):
    main = ctx.file.main
    deps = [dep[PyInfo] for dep in ctx.attr.deps]
    imports = depset(transitive = [dep.imports for dep in deps])
    sources = depset([main], transitive = [dep.transitive_sources for dep in deps])
    runfiles = depset(transitive = [dep[DefaultInfo].default_runfiles.files for dep in ctx.attr.deps])
    interpreter = ctx.attr._interpreter[PythonInterpreterInfo]
    use_worker = ctx.attr._workers[BuildSettingInfo].value
    root = main.owner.workspace_root
    module = main.path.removeprefix(root + "/").removesuffix(".py").replace("/", ".")
    paths = [root or "."] + [_import_root(ctx, path) for path in imports.to_list()]

    # A sandbox has a link for each input. Metadata of distributions and stubs for type checkers would be a third of them.
    sources = [
        file
        for file in depset(transitive = [sources, runfiles]).to_list()
        if ".dist-info/" not in file.path and file.extension != "pyi" and file.basename != "py.typed"
    ]
    inputs = sources
    if not use_worker:
        pack = _pack(ctx, interpreter, sources, paths)
        inputs = [pack.archive] + pack.unpacked
        paths = [pack.archive.path] + paths
    description = ctx.actions.declare_file(ctx.label.name + ".tool")
    ctx.actions.write(description, "".join([line + "\n" for line in [module, ctx.label.name] + paths]))

    import_paths = [main.owner.workspace_name or ctx.workspace_name] + imports.to_list()
    executable = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(executable, _EXECUTABLE.format(
        interpreter = interpreter.path,
        imports = repr(import_paths),
        module = module,
        name = ctx.label.name,
    ), is_executable = True)
    return [
        DefaultInfo(executable = executable, runfiles = ctx.runfiles(sources)),
        PythonToolInfo(
            action_inputs = depset([description] + inputs),
            description = description,
            execution_requirements = _WORKER_REQUIREMENTS if use_worker else {},
            imports = import_paths,
            interpreter = interpreter.path,
            module = module,
            runfiles = depset(sources),
            starter = ctx.files._starter + (ctx.files._worker if use_worker else []),
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
        "_pack": attr.label(
            allow_single_file = True,
            default = "//tools/python/worker:pack.py",
            doc = "The script that compiles the program for actions without a worker.",
        ),
        "_starter": attr.label(
            allow_files = True,
            default = "//tools/python/worker:start.py",
            doc = "The script that starts an action or a worker.",
        ),
        "_worker": attr.label_list(
            allow_files = True,
            default = ["//tools/python/worker:modules.py", "//tools/python/worker:worker.py"],
            doc = "What a worker imports itself.",
        ),
        "_workers": attr.label(default = "//rules:workers", doc = "Whether actions run in persistent workers."),
    },
    provides = [PythonToolInfo],
)
