"""The rule `go_binary`: Go programs."""

load(":compile.bzl", "COMPILE_ATTRS", "compiler_args", "compiler_attr", "run_compiler")

visibility("//tests/toolchains")

def _go_binary_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name)
    args = compiler_args(ctx, "go", ctx.attr._go, output)
    args.add("--architecture", ctx.attr.architecture)
    args.add_all(ctx.files.srcs)
    run_compiler(ctx, arguments = args, inputs = ctx.files.srcs, output = output)
    return [DefaultInfo(files = depset([output]), executable = output)]

go_binary = rule(
    doc = "A statically linked program, from one Go module without dependencies.",
    implementation = _go_binary_impl,
    attrs = COMPILE_ATTRS | {
        "architecture": attr.string(default = "amd64", doc = "OCI architecture to compile for."),
        "srcs": attr.label_list(
            allow_files = [".go", ".mod"],
            mandatory = True,
            doc = "Sources of the package `main` and go.mod, all in one directory.",
        ),
        "_go": compiler_attr("go"),
    },
    executable = True,
)
