"""Java programs as one jar."""

load(":compile.bzl", "COMPILE_ATTRS", "compiler", "run_compiler")

def _java_jar_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + ".jar")
    args = ctx.actions.args()
    args.add("--release", ctx.attr.release)
    args.add("--main-class", ctx.attr.main_class)
    args.add_all(ctx.files.deps, before_each = "--jar")
    for resource, path in ctx.attr.resources.items():
        args.add("--resource")
        args.add(path)
        args.add_all(resource.files)
    args.add_all(ctx.files.srcs)
    run_compiler(
        ctx,
        "java",
        ctx.attr._javac,
        arguments = args,
        inputs = ctx.files.srcs + ctx.files.deps + ctx.files.resources,
        output = output,
    )
    return [DefaultInfo(files = depset([output]))]

java_jar = rule(
    doc = "A program, and what it needs, in one jar that `java -jar` runs: `<name>.jar`.",
    implementation = _java_jar_impl,
    attrs = COMPILE_ATTRS | {
        "deps": attr.label_list(allow_files = [".jar"], doc = "Jars whose content goes into this one."),
        "main_class": attr.string(mandatory = True, doc = "Full name of the class that has main."),
        "release": attr.string(default = "17", doc = "The oldest Java that it is to run on."),
        "resources": attr.label_keyed_string_dict(allow_files = True, doc = "Further files, each with its path in the jar."),
        "srcs": attr.label_list(allow_files = [".java"], mandatory = True, doc = "Sources."),
        "_javac": compiler("javac"),
    },
)
