"""The `apt` module extension: repositories of packages from locks."""

load(":apt_install.bzl", "apt_install")
load(":apt_modules.bzl", "apt_modules")
load(":apt_repositories.bzl", "apt_hub", "deb_package")
load(":apt_tags.bzl", "APT_TAGS")
load(":install_tags.bzl", "install_tags")

visibility("//rules/...")

# A package of this size in bytes, or a larger one, is a layer of its own: merged layers would each store a copy.
_SEPARATE_LAYER_SIZE = 16 << 20

def _declare_packages(install):
    tag = install.tag
    for package in install.packages:
        settings = install.settings.get(package.name)
        deb_package(
            name = "%s_%s" % (install.prefix, package.repository),
            exclude = settings.exclude if settings else [],
            include = tag.include + (settings.include if settings else []),
            max_size_mib = settings.max_size_mib if settings else 0,
            merged_usr = install.merged_usr,
            # What is meant for every package of the install need not match each of them.
            optional_exclude = tag.exclude,
            separate_layer = package.size >= _SEPARATE_LAYER_SIZE,
            size = package.size,
            sha256 = package.sha256,
            urls = package.urls,
        )

def _declare_hub(name, merged):
    lock = merged.first.lock
    content = apt_modules.content(merged)
    apt_hub(
        name = name,
        content = json.encode(struct(
            failures = merged.failures,
            lock = lock | {"keyrings": lock["keyrings"].keys()},
            missing = merged.first.missing if merged.is_single else "",
            packages = content.packages,
            repo = name,
            sets = content.sets,
            unlocked = merged.unlocked,
            visible_to = merged.visible_to,
        )),
        keyrings = {label: path for path, label in lock["keyrings"].items()},
    )

def _apt_impl(module_ctx):
    tagged = install_tags.read("apt", module_ctx)
    for module in module_ctx.modules:
        apt_install.check_tags(module)

    # Bazel starts an extension again for each file that it reads first, so all are read before they are parsed.
    files = [apt_install.read_files(module_ctx, each.of, each.tag) for each in tagged]
    found = [
        apt_install.read(module_ctx, each.of, each.tag, of_each, own = each.own, prefix = each.prefix)
        for each, of_each in zip(tagged, files)
    ]
    for install in found:
        _declare_packages(install)
    install_tags.declare("apt", module_ctx, found, apt_modules.identity, _declare_hub)
    return module_ctx.extension_metadata(reproducible = True)

apt = module_extension(
    doc = """Repositories of Debian packages from locks.

```
apt = use_extension("@distroless//rules:apt.bzl", "apt")
apt.sources(repo = "bookworm", archive = "debian", suites = ["bookworm", "bookworm-updates"], components = ["main"])
apt.sources(repo = "bookworm", archive = "debian-security", suites = ["bookworm-security"], components = ["main"])
apt.install(
    name = "bookworm",
    architectures = ["amd64", "arm64"],
    base = "@distroless//base:base_debian12",
    lock = "//:bookworm.lock.json",
    packages = ["curl"],
)
use_repo(apt, "bookworm")
```

`bazel run @bookworm//:lock` writes the lock. Then `@bookworm//curl` is curl with its dependencies, for the target platform, less
what `base` has. docs/packages.md lists all labels, docs/lock.md describes manifests and locks.

Each package file is a repository of its own, which is downloaded when a target needs it.""",
    implementation = _apt_impl,
    tag_classes = APT_TAGS,
)
