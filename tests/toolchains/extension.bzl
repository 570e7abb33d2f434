"""The `toolchains` extension: the compilers of the machine, as a repository."""

load("//tests/toolchains/private:programs_repository.bzl", "programs_repository")

# MODULE.bazel uses it.
visibility("private")

def _toolchains_impl(module_ctx):
    programs_repository(name = "test_toolchains")
    return module_ctx.extension_metadata(reproducible = True)

toolchains = module_extension(
    doc = """Declares @test_toolchains, with a target for each compiler of the machine (`:go`, `:gcc`, `:g++`, `:rustc`,
`:javac`).""",
    implementation = _toolchains_impl,
)
