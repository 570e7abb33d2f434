"""The compilers of the machine, as a repository."""

load("//examples/toolchains/private:programs_repository.bzl", "programs_repository")

def _toolchains_impl(module_ctx):
    programs_repository(name = "examples_toolchains")
    return module_ctx.extension_metadata(reproducible = True)

toolchains = module_extension(
    doc = "Makes @examples_toolchains: a target a compiler, `:go`, `:gcc`, `:g++`, `:rustc`, `:javac`.",
    implementation = _toolchains_impl,
)
