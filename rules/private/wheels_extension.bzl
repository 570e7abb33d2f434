"""The `wheels` extension: packages from PyPI, from the requirements.txt that locks them."""

load(":install_tags.bzl", "install_tags")
load(":installs.bzl", "visibility_of")
load(":language_lock.bzl", "language_install", "read_lock")
load(":requirements.bzl", "requirements")
load(":wheel_repository.bzl", "wheel_repository", "wheels_hub")

visibility("//rules/...")

_install = tag_class(
    doc = """Declares `@<name>` with a library for each project of a requirements.txt, such as `@<name>//requests`, and
`@<name>`, a library of all of them. They are dependencies of `py_binary` and `py_library`.

```
wheels = use_extension("@distroless//rules:python.bzl", "wheels")
wheels.install(
    name = "wheels",
    glibc = "2.41",
    python_version = "3.13",
    requirements = "//:requirements.txt",
)
use_repo(wheels, "wheels")
```""",
    attrs = {
        "architectures": attr.string_list(
            default = ["amd64", "arm64"],
            doc = "OCI architectures of the images. The target platform selects one; only its wheels are downloaded.",
        ),
        "glibc": attr.string(
            default = "2.36",
            doc = "Version of the image's C library: wheels that need a newer one are not chosen. Debian 12 has 2.36, Debian 13 2.41.",
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

def _read(module_ctx, tagged):
    """Declares the wheels of an install, and returns it, for `installs.merge`.

    `wheels` has for each project the prefixes of the repositories that it needs, "" for all.
    """
    tag = tagged.tag
    file = read_lock(module_ctx, tag.requirements, "uv pip compile --generate-hashes requirements.in -o " + tag.requirements.name)
    lock = requirements.parse(file.text, file.where)
    if lock.error:
        fail(lock.error)
    repository = lambda name: "%s_%s" % (tagged.prefix, name)
    for name, project in lock.projects.items():
        for architecture in tag.architectures:
            wheel_repository(
                name = "%s_%s" % (repository(name), architecture),
                architecture = architecture,
                candidates = json.encode(project.candidates),
                glibc = tag.glibc,
                index = tag.index or lock.index,
                project = name,
                python_version = tag.python_version,
            )
    wheels = {name: project.closure for name, project in lock.projects.items()} | {"": sorted(lock.projects)}
    return language_install(
        tagged,
        tag.requirements,
        wheels.keys(),
        architectures = tag.architectures,
        candidates = {repository(name): project.candidates for name, project in lock.projects.items()},
        environment = [sorted(tag.architectures), tag.glibc, tag.python_version],
        wheels = {name: [repository(each) for each in closure] for name, closure in wheels.items()},
    )

def _identity(install, name):
    return [install.environment] + [install.candidates[each] for each in install.wheels[name]]

def _declare_hub(name, merged):
    wheels_hub(
        name = name,
        content = json.encode({
            "failures": merged.failures,
            "install": merged.first.name,
            "projects": {
                project: {
                    "architectures": install.architectures,
                    "visibility": visibility_of(merged.visible_to, project),
                    "wheels": install.wheels[project],
                }
                for project, install in merged.holders.items()
            },
            "repository": name,
        }),
    )

def _wheels_impl(module_ctx):
    found = [_read(module_ctx, tagged) for tagged in install_tags.read("wheels", module_ctx)]
    install_tags.declare("wheels", module_ctx, found, _identity, _declare_hub)
    return module_ctx.extension_metadata(reproducible = True)

wheels = module_extension(
    doc = """Packages from PyPI, locked by a requirements.txt with hashes. Wheels are downloaded by hash when a target needs
them, and unpacked by an action. Source distributions are not built.""",
    implementation = _wheels_impl,
    tag_classes = {"install": _install, "override": install_tags.override("wheels")},
)
