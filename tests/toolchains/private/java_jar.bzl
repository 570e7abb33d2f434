"""The rule `java_jar`: a Java program with its libraries as one jar."""

load(":compile.bzl", "COMPILE_ATTRS", "compiler_args", "compiler_attr", "run_compiler")

visibility("//tests/toolchains")

def _java_jar_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + ".jar")
    args = compiler_args(ctx, "java", ctx.attr._javac, output)
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
        arguments = args,
        inputs = ctx.files.srcs + ctx.files.deps + ctx.files.resources,
        output = output,
    )
    return [DefaultInfo(files = depset([output]))]

java_jar = rule(
    doc = "A program and its libraries in one jar for `java -jar`, `<name>.jar`.",
    implementation = _java_jar_impl,
    attrs = COMPILE_ATTRS | {
        "deps": attr.label_list(allow_files = [".jar"], doc = "Jars whose content is copied into this one."),
        "main_class": attr.string(mandatory = True, doc = "Qualified name of the class that has `main`."),
        "release": attr.string(default = "17", doc = "Oldest version of Java that runs the program."),
        "resources": attr.label_keyed_string_dict(allow_files = True, doc = "Further files and their paths in the jar."),
        "srcs": attr.label_list(allow_files = [".java"], mandatory = True, doc = "Sources."),
        "_javac": compiler_attr("javac"),
    },
)
