"""The `toolchains` extension: the compilers of the machine, and packages of languages, as repositories."""

load("//tests/toolchains/private:node_modules_repository.bzl", "node_modules_repository")
load("//tests/toolchains/private:programs_repository.bzl", "programs_repository")
load("//tests/toolchains/private:wheels_repository.bzl", "wheels_repository")

# MODULE.bazel uses it.
visibility("private")

_node_modules = tag_class(
    doc = "Declares `@<name>//:app`, a part with the packages of a package-lock.json in /app/node_modules.",
    attrs = {
        "lock": attr.label(mandatory = True, doc = "The package-lock.json."),
        "name": attr.string(mandatory = True, doc = "Name of the repository."),
    },
)

_wheels = tag_class(
    doc = "Declares `@<name>//:app`, a part with the packages of a requirements.txt in /app.",
    attrs = {
        "machine": attr.string(default = "x86_64", doc = "Architecture of the wheels, as in their names."),
        "name": attr.string(mandatory = True, doc = "Name of the repository."),
        "python": attr.string(mandatory = True, doc = "Version of the image's Python, such as `3.11`."),
        "requirements": attr.label(mandatory = True, doc = "The requirements.txt, with hashes."),
    },
)

def _toolchains_impl(module_ctx):
    programs_repository(name = "test_toolchains")
    for module in module_ctx.modules:
        for tag in module.tags.node_modules:
            node_modules_repository(name = tag.name, lock = tag.lock)
        for tag in module.tags.wheels:
            wheels_repository(
                name = tag.name,
                machine = tag.machine,
                python = tag.python,
                requirements = tag.requirements,
            )
    return module_ctx.extension_metadata(reproducible = True)

toolchains = module_extension(
    doc = """Declares @test_toolchains, with a target for each compiler of the machine (`:go`, `:gcc`, `:g++`, `:rustc`,
`:javac`), and the repositories of the tags.""",
    implementation = _toolchains_impl,
    tag_classes = {"node_modules": _node_modules, "wheels": _wheels},
)
