"""The rule `apt_lock_command`: `bazel run` of it writes the lock of an install."""

load("//tools/python/private:host_interpreter.bzl", "PythonInterpreterInfo")
load(":runfiles_layer.bzl", "runfiles_path")

# Macros of generated repositories load it.
visibility("//rules/...")

_COMMAND = """\
#!{interpreter} -ISB
import os, sys
error = {error}
if error:
    sys.exit("error: " + error)
workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
if not workspace:
    sys.exit("error: this program writes a lock (hint: {command})")
runfiles = os.path.abspath(__file__) + ".runfiles"
tool = os.path.join(runfiles, {tool})
arguments = ["--manifest", os.path.join({manifest_root}, {manifest}), *{arguments}]
for architecture, status in {base_status}:
    arguments += ["--base-status", architecture, os.path.join(runfiles, status)]
os.execv(tool, [tool, *arguments, *sys.argv[1:]])
"""

def _runfile(ctx, file):
    return runfiles_path(file.short_path, ctx.workspace_name)

def _apt_lock_command_impl(ctx):
    tool = ctx.attr._tool[DefaultInfo].files_to_run.executable
    arguments = ["--manifest-name", ctx.attr.manifest_name, "--lock", ctx.attr.lock, "--command", ctx.attr.command]
    if ctx.attr.install:
        arguments += ["--install", ctx.attr.install]
    if ctx.attr.base_label:
        arguments += ["--base-label", ctx.attr.base_label]
    status = {
        architecture: target[DefaultInfo].files.to_list()[0]
        for target, architecture in ctx.attr.base_status.items()
    }
    executable = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(executable, _COMMAND.format(
        interpreter = ctx.attr._interpreter[PythonInterpreterInfo].path,
        error = repr(ctx.attr.error),
        command = ctx.attr.command,
        tool = repr(_runfile(ctx, tool)),
        manifest_root = "runfiles" if ctx.file.manifest else "workspace",
        manifest = repr(_runfile(ctx, ctx.file.manifest) if ctx.file.manifest else ctx.attr.workspace_manifest),
        arguments = repr(arguments),
        base_status = repr([(name, _runfile(ctx, status[name])) for name in sorted(status)]),
    ), is_executable = True)
    files = ctx.files.manifest + ctx.files.keyrings + status.values()
    return [DefaultInfo(
        executable = executable,
        runfiles = ctx.runfiles(files = files).merge(ctx.attr._tool[DefaultInfo].default_runfiles),
    )]

apt_lock_command = rule(
    doc = "Writes the lock of an install, from the workspace that `bazel run` is called in.",
    implementation = _apt_lock_command_impl,
    executable = True,
    attrs = {
        "base_label": attr.string(doc = "The base's label, as the lock's hash has it. Empty: no base."),
        "base_status": attr.label_keyed_string_dict(
            allow_files = True,
            doc = "dpkg's status files of the base: a dict from a label to an OCI architecture.",
        ),
        "command": attr.string(mandatory = True, doc = "The command that the user has, for hints."),
        "error": attr.string(doc = "Why the lock cannot be written from this workspace. Empty: it can."),
        "install": attr.string(doc = "Name of the apt.install tag, if tags say the manifest."),
        "keyrings": attr.label_list(allow_files = True, doc = "Files that `manifest` refers to."),
        "lock": attr.string(mandatory = True, doc = "Path of the lock, relative to the workspace."),
        "manifest": attr.label(allow_single_file = True, doc = "The manifest, if it does not stand in the workspace."),
        "manifest_name": attr.string(mandatory = True, doc = "What errors call the manifest."),
        "workspace_manifest": attr.string(doc = "Path of the manifest, relative to the workspace, if it stands there."),
        "_interpreter": attr.label(
            default = "@distroless_python//:interpreter",
            providers = [PythonInterpreterInfo],
            doc = "The interpreter that starts the program.",
        ),
        "_tool": attr.label(default = "//tools/lock", executable = True, cfg = "target", doc = "The program that writes locks."),
    },
)
