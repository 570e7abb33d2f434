"""The `apt` module extension: repositories of packages from locks."""

load(":apt_lock.bzl", "apt_lock")
load(":apt_names.bzl", "apt_names")
load(":apt_repositories.bzl", "apt_hub", "deb_package")
load(":labels.bzl", "display_label")
load(":similar_names.bzl", "similar_names")

visibility("//rules/...")

# A package of this size in bytes, or a larger one, is a layer of its own: merged layers would each store a copy.
_SEPARATE_LAYER_SIZE = 16 << 20

_install = tag_class(
    doc = """Declares the packages of a lock as `@<name>//:<package>_<architecture>`, and its sets as
`@<name>//:<set>.<architecture>`. Architectures have OCI's names, such as `amd64`, `arm64` and `arm`.""",
    attrs = {
        "exclude": attr.string_list(doc = "Globs of paths to leave out of every package that has them."),
        "include": attr.string_list(doc = "Globs of paths to keep in every package, as for the rule `deb`."),
        "lock": attr.label(mandatory = True, doc = "The lock, `<x>.lock.json`. Its manifest `<x>.yaml` is beside it."),
        "merged_usr": attr.bool(doc = "Whether the release has a merged /usr, as Debian 13 and later."),
        "name": attr.string(mandatory = True, doc = "Name of the repository."),
    },
)

_package = tag_class(
    doc = "Settings of one package of a lock.",
    attrs = {
        "exclude": attr.string_list(doc = "Globs of paths to leave out, as for the rule `deb`. A glob that matches nothing is an error."),
        "include": attr.string_list(doc = "Globs of paths to keep, as for the rule `deb`."),
        "max_size_mib": attr.int(doc = "How large the package may be unpacked, as for the rule `deb`."),
        "name": attr.string(mandatory = True, doc = "Name of the package. The settings hold for all its architectures."),
        "repo": attr.string(mandatory = True, doc = "`name` of an `apt.install` tag of the same module."),
    },
)

def _read_lock(module_ctx, label):
    """Reads a lock. Fails if it does not exist, or if its manifest has changed since it was written."""
    name = display_label(label)
    manifest = label.relative(label.name.removesuffix(".lock.json") + ".yaml")
    if not module_ctx.path(label).exists:
        fail("%s: lock not found (hint: %s)" % (name, apt_lock.update_command(name)))
    lock = apt_lock.parse(module_ctx.read(label), name)
    path = module_ctx.path(manifest)
    if path.exists:
        # Starlark has no hash function, but the downloader has.
        found = module_ctx.download(url = "file://%s" % path, output = "manifest").sha256
        if found != lock.manifest_sha256:
            fail("%s: %s has changed since the lock was written (hint: %s)" % (
                name,
                manifest.name,
                apt_lock.update_command(name),
            ))
    return lock

def _package_tags(module, install, names):
    """The package tags of an install: a dict from the name of a package."""
    result = {}
    for tag in module.tags.package:
        if tag.repo != install.name:
            continue
        if tag.name not in names:
            similar = similar_names(tag.name, names)
            fail("apt.package: package '%s' not found in %s%s" % (
                tag.name,
                display_label(install.lock),
                " (did you mean %s?)" % " or ".join(similar) if similar else "",
            ))
        if tag.name in result:
            fail("apt.package: duplicate tag for package '%s' of '%s' (hint: merge the two)" % (tag.name, tag.repo))
        result[tag.name] = tag
    return result

def _check_repos(module):
    repos = [tag.name for tag in module.tags.install]
    for tag in module.tags.package:
        if tag.repo not in repos:
            fail("apt.package: unknown repo '%s' (hint: must be the name of an apt.install tag of %s: %s)" % (
                tag.repo,
                module.name,
                ", ".join(repos),
            ))

def _declare_repositories(install, lock, package_tags):
    for package in lock.packages:
        tag = package_tags.get(package.name)
        deb_package(
            name = "%s_%s" % (install.name, package.repository),
            exclude = tag.exclude if tag else [],
            include = install.include + (tag.include if tag else []),
            max_size_mib = tag.max_size_mib if tag else 0,
            merged_usr = install.merged_usr,
            # What is meant for every package of the install need not match each of them.
            optional_exclude = install.exclude,
            separate_layer = package.size >= _SEPARATE_LAYER_SIZE,
            sha256 = package.sha256,
            urls = package.urls,
        )
    names = apt_names(lock, install.name, display_label(install.lock))
    apt_hub(
        name = install.name,
        packages = json.encode(names.packages),
        sets = json.encode(names.sets),
        versions = json.encode(names.versions),
    )

def _apt_impl(module_ctx):
    for module in module_ctx.modules:
        _check_repos(module)
        for install in module.tags.install:
            lock = _read_lock(module_ctx, install.lock)
            names = {package.name: None for package in lock.packages}.keys()
            _declare_repositories(install, lock, _package_tags(module, install, names))
    return module_ctx.extension_metadata(reproducible = True)

apt = module_extension(
    doc = """Repositories of Debian packages from locks.

```
apt = use_extension("@distroless//rules:apt.bzl", "apt")
apt.install(name = "bookworm", lock = "//:bookworm.lock.json")
apt.package(repo = "bookworm", name = "libpq5", exclude = ["usr/share/locale"])
use_repo(apt, "bookworm")
```

Each package file is a repository of its own, which is downloaded when a target needs it.

`bazel run @distroless//tools/lock -- bookworm.yaml` writes the lock. docs/lock.md describes the manifest.""",
    implementation = _apt_impl,
    tag_classes = {"install": _install, "package": _package},
)
