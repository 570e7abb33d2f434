"""The `npm` extension: node_modules, from the package-lock.json that locks them."""

load(":install_tags.bzl", "install_tags")
load(":installs.bzl", "visibility_of")
load(":language_lock.bzl", "language_install", "read_lock")
load(":npm_repository.bzl", "npm_hub", "npm_repository")
load(":package_lock.bzl", "package_lock")

visibility("//rules/...")

_install = tag_class(
    doc = """Declares `@<name>`, a layer with the packages of a package-lock.json in `node_modules`.

```
npm = use_extension("@distroless//rules:nodejs.bzl", "npm")
npm.install(name = "npm", lock = "//:package-lock.json")
use_repo(npm, "npm")
```""",
    attrs = {
        "architectures": attr.string_list(
            default = ["amd64", "arm64"],
            doc = "OCI architectures of the images. The target platform selects one; packages for others are left out.",
        ),
        "dev": attr.bool(doc = "Whether `devDependencies` are wanted too."),
        "directory": attr.string(default = "/app", doc = "Absolute path in the image of the directory with `node_modules`."),
        "exclude": attr.string_list(doc = "Packages to leave out, by their paths in the lock, such as `node_modules/a`."),
        "lock": attr.label(mandatory = True, doc = "The package-lock.json, version 2 or 3."),
        "name": attr.string(mandatory = True, doc = "Name of the repository."),
    },
)

def _read(module_ctx, tagged):
    """Declares the packages of an install, and returns it, for `installs.merge`."""
    tag = tagged.tag
    file = read_lock(module_ctx, tag.lock, "npm install --package-lock-only")
    lock = package_lock.parse(file.text, file.where, dev = tag.dev, exclude = tag.exclude)
    if lock.error:
        fail(lock.error)
    if not tag.directory.startswith("/"):
        fail("npm.install: directory must be an absolute path, not '%s' (hint: write it like /app)" % tag.directory)
    repositories = {}
    packages = {}
    integrities = {}
    for package in lock.packages:
        repository = "%s_%s" % (tagged.prefix, package.repository)
        if repositories.setdefault(repository, package).integrity != package.integrity:
            repository += "_" + str(len(repositories))
            repositories[repository] = package
        integrities[package.path] = package.integrity
        packages[package.path] = {
            "architectures": [each for each in tag.architectures if each in package.architectures],
            "repository": repository,
        }
    for repository, package in repositories.items():
        npm_repository(
            name = repository,
            integrity = package.integrity,
            lock = file.where,
            package = "%s@%s" % (package.name, package.version),
            resolved = package.resolved,
        )
    return language_install(
        tagged,
        tag.lock,
        [""],
        architectures = tag.architectures,
        directory = tag.directory.rstrip("/"),
        integrities = integrities,
        packages = packages,
    )

def _identity(install, _name):
    return [sorted(install.architectures), install.directory, install.integrities]

def _declare_hub(name, merged):
    install = merged.holders.get("")
    npm_hub(
        name = name,
        content = json.encode({
            "failure": merged.failures.get(""),
            "install": merged.first.name,
            "node_modules": {
                "architectures": install.architectures,
                "directory": install.directory,
                "packages": install.packages,
                "visibility": visibility_of(merged.visible_to, ""),
            } if install else None,
            "repository": name,
        }),
    )

def _npm_impl(module_ctx):
    found = [_read(module_ctx, tagged) for tagged in install_tags.read("npm", module_ctx)]
    install_tags.declare("npm", module_ctx, found, _identity, _declare_hub)
    return module_ctx.extension_metadata(reproducible = True)

npm = module_extension(
    doc = """Packages from npm, locked by a package-lock.json. They are downloaded by hash when a target needs them, from the
registry that npm is configured for, else from the URL in the lock. No script of a package runs.""",
    implementation = _npm_impl,
    tag_classes = {"install": _install, "override": install_tags.override("npm")},
)
