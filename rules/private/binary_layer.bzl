"""The rule `binary_layer`: the layers of a program and of what it needs."""

load("@rules_python//python:defs.bzl", "PyInfo")
load("//rules/providers:layers_info.bzl", "LayersInfo")
load("//rules/providers:start_info.bzl", "StartInfo")
load("//tools/python:tool.bzl", "python_tool_attr")
load(":java_program.bzl", "JAR_ATTRS", "java_program")
load(":labels.bzl", "display_label")
load(":part.bzl", "PART_ATTRS")
load(":program_info.bzl", "ProgramInfo", "program_aspect")
load(":python_program.bzl", "python_program")
load(":runfiles_layer.bzl", "RUNFILES_ATTRS", "runfiles_entries", "runfiles_layer")

visibility("//rules/...")

# Suffixes of programs that the entrypoint of a base runs, `java -jar` or `node`.
_STARTED_BY_BASE = ["jar", "js", "cjs", "mjs"]

def _program(ctx, path):
    """What the layers have.

    Returns:
      struct(files: list of (path, File) beside the runfiles; runfiles: runfiles or None; excluded: list of File, runfiles
      that the image does not need).
    """
    target = ctx.attr.binary
    info = target[ProgramInfo] if ProgramInfo in target else None
    binary = target[DefaultInfo].files_to_run.executable
    if info and info.classpath != None:
        return java_program(ctx, info, path)
    if PyInfo in target and (binary or ctx.file.main):
        return python_program(ctx, info, path)
    if not binary:
        fail(("%s: %s is not a program (hint: `binary` must be a *_binary, an executable file, a genrule with " +
              "`executable = True`, or a py_library with `main`)") % (
            display_label(ctx.label),
            display_label(target.label),
        ))
    return struct(excluded = [binary], files = [(path, binary)], runfiles = target[DefaultInfo].default_runfiles)

def _providers(layers, start):
    return [
        DefaultInfo(files = depset([layer.blob for layer in layers])),
        LayersInfo(layers = layers),
        OutputGroupInfo(
            metadata = depset([layer.metadata for layer in layers]),
            parts = depset(transitive = [layer.parts for layer in layers], order = "preorder"),
        ),
        start,
    ]

def _start(path):
    """The StartInfo of a program at a path."""
    by_base = path.rpartition(".")[2] in _STARTED_BY_BASE
    return StartInfo(cmd = [path] if by_base else [], entrypoint = [] if by_base else [path], path = path)

def _binary_layer_impl(ctx):
    target = ctx.attr.binary
    if StartInfo in target:
        return _providers(target[LayersInfo].layers, target[StartInfo])
    path = ctx.attr.path or "/app/" + target.label.name.split("/")[-1]
    if not path.startswith("/") or path.endswith("/"):
        fail("%s: invalid path '%s' (hint: write it like /app/server)" % (display_label(ctx.label), path))
    program = _program(ctx, path)
    mapping = target[DefaultInfo].files_to_run.repo_mapping_manifest if program.runfiles else None
    entries = runfiles_entries(program.runfiles, path + ".runfiles", ctx.workspace_name, program.excluded, mapping)
    layers = []
    if entries.external:
        layers.append(runfiles_layer(ctx, "deps", entries.external, [], [], "Packing dependencies for %{label}"))
    layers.append(runfiles_layer(
        ctx,
        "app",
        entries.main,
        program.files,
        entries.empty,
        "Packing the program for %{label}",
    ))
    return _providers(layers, _start(program.files[0][0]))

binary_layer = rule(
    doc = """The layers of a program: its dependencies from other repositories below, its own files above.

The program is `/app/<name of the binary>`, which is the image's entrypoint. Its runfiles are beside it in `<path>.runfiles`,
laid out as by Bazel. All files belong to root. Programs and scripts are executable.

```
load("@distroless//rules:apps.bzl", "binary_layer")
load("@distroless//rules:oci.bzl", "oci_image")
load("@rules_python//python:defs.bzl", "py_binary")

py_binary(
    name = "server",
    srcs = ["server.py"],
    deps = ["@wheels//flask"],
)

binary_layer(
    name = "layers",
    binary = ":server",
)

oci_image(
    name = "image",
    base = "@distroless//python3:python3_debian13",
    entrypoint = ["/app/server"],
    tars = [":layers"],
)
```

- A `py_binary` runs with the image's `/usr/bin/python3`. Bazel's interpreter and its bootstrap are left out.
- A `java_binary` becomes `/app/<name>.jar`, which names the other jars in its manifest: `cmd = ["/app/<name>.jar"]` on an
  image whose entrypoint is `java -jar`. A deploy jar, `:<name>_deploy.jar`, is one file.
- A JavaScript file is copied: `cmd = ["/app/main.js"]` on an image whose entrypoint is `node`.
- A `cc_binary`, `go_binary`, `rust_binary` or any other executable file is copied. The check of the image finds a missing
  loader or library.""",
    implementation = _binary_layer_impl,
    attrs = PART_ATTRS | RUNFILES_ATTRS | JAR_ATTRS | {
        "binary": attr.label(
            allow_files = True,
            aspects = [program_aspect],
            mandatory = True,
            doc = "The program: a *_binary of any language, an executable file or a jar, a JavaScript file, or a `py_library` with `main`.",
        ),
        "interpreter": attr.string(
            default = "/usr/bin/python3",
            doc = "Absolute path of the image's Python, for a program in Python.",
        ),
        "main": attr.label(
            allow_single_file = [".py"],
            doc = """The module to start, for a `py_library`. Unlike `py_binary`, a `py_library` needs no toolchain for the target
platform.""",
        ),
        "main_class": attr.string(doc = "Class that Java starts. By default that of the `java_binary`."),
        "path": attr.string(doc = "Absolute path of the program in the image. By default `/app/<name of the binary>`."),
        "_runfiles": python_tool_attr("//tools/runfiles"),
    },
    provides = [LayersInfo, StartInfo],
)
