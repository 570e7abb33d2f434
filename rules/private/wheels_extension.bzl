"""The `wheels` extension: packages from PyPI, from the requirements.txt that locks them."""

load(":language_lock.bzl", "read_lock", "tags_of_modules")
load(":requirements.bzl", "requirements")
load(":wheel_repository.bzl", "wheel_repository", "wheels_hub")

visibility("//rules/...")

_install = tag_class(
    doc = """Declares `@<name>` with a library for each project of a requirements.txt, such as `@<name>//requests`, and
`@<name>`, a library of all of them. They are dependencies of `py_binary` and `py_library`.

```
wheels = use_extension("@distroless//rules:python.bzl", "wheels")
wheels.install(name = "wheels", python_version = "3.13", requirements = "//:requirements.txt")
use_repo(wheels, "wheels")
```""",
    attrs = {
        "architectures": attr.string_list(
            default = ["amd64", "arm64"],
            doc = "OCI architectures of the images. The target platform selects one; only its wheels are downloaded.",
        ),
        "glibc": attr.string(
            default = "2.36",
            doc = "Version of the image's C library: wheels that need a newer one are not chosen. Debian 12 has 2.36.",
        ),
        "index": attr.string(
            doc = """URL of the package index (Simple repository API). By default the one that requirements.txt names, then
PIP_INDEX_URL, then pip's configuration, then PyPI.""",
        ),
        "name": attr.string(mandatory = True, doc = "Name of the repository."),
        "python_version": attr.string(
            mandatory = True,
            doc = "Version of the image's Python: `3.11` on Debian 12, `3.13` on Debian 13.",
        ),
        "requirements": attr.label(
            mandatory = True,
            doc = """A requirements.txt with `name==version` and `--hash=sha256:...` for each requirement, as
`uv pip compile --generate-hashes` and `pip-compile --generate-hashes` write it. `# via` comments tell which project
depends on which.""",
        ),
    },
)

def _install_wheels(module_ctx, tag):
    file = read_lock(module_ctx, tag.requirements, "uv pip compile --generate-hashes requirements.in -o " + tag.requirements.name)
    lock = requirements.parse(file.text, file.where)
    if lock.error:
        fail(lock.error)
    for name, project in lock.projects.items():
        for architecture in tag.architectures:
            wheel_repository(
                name = "%s_%s_%s" % (tag.name, name, architecture),
                architecture = architecture,
                candidates = json.encode(project.candidates),
                glibc = tag.glibc,
                index = tag.index or lock.index,
                project = name,
                python_version = tag.python_version,
            )
    wheels_hub(
        name = tag.name,
        architectures = tag.architectures,
        install = tag.name,
        projects = {name: project.closure for name, project in lock.projects.items()},
    )

def _wheels_impl(module_ctx):
    for tag in tags_of_modules(module_ctx, "wheels"):
        _install_wheels(module_ctx, tag)
    return module_ctx.extension_metadata(reproducible = True)

wheels = module_extension(
    doc = """Packages from PyPI, locked by a requirements.txt with hashes. Wheels are downloaded by hash when a target needs
them, and unpacked by an action. Source distributions are not built.""",
    implementation = _wheels_impl,
    tag_classes = {"install": _install},
)
