"""The `apt` module extension: repositories of packages from locks."""

load(":apt_install.bzl", "apt_install")
load(":apt_modules.bzl", "apt_modules")
load(":apt_repositories.bzl", "apt_hub", "deb_package")
load(":apt_tags.bzl", "APT_TAGS")

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
            sha256 = package.sha256,
            urls = package.urls,
        )

def _declare_hub(name, installs, override = None):
    content = apt_modules.merge(name, installs, override)
    keyrings = content.lock["keyrings"]
    if content.warning:
        # buildifier: disable=print
        print(content.warning)
    apt_hub(
        name = name,
        content = json.encode(struct(
            failures = content.failures,
            lock = content.lock | {"keyrings": keyrings.keys()},
            missing = installs[0].missing if len(installs) == 1 else "",
            packages = content.packages,
            sets = content.sets,
            visible_to = content.visible_to,
        )),
        keyrings = {label: path for path, label in keyrings.items()},
    )

def _overrides(module_ctx):
    """What the root module chose: a dict from a repository's name to a module's."""
    result = {}
    for module in module_ctx.modules:
        for tag in module.tags.override if module.is_root else []:
            if tag.repo in result:
                fail("apt.override: duplicate tag for '%s' (hint: remove one)" % tag.repo)
            result[tag.repo] = tag.module
    return result

def _apt_impl(module_ctx):
    tagged = [
        struct(module = module.name, version = module.version, name = tag.name, tag = tag, of = module)
        for module in module_ctx.modules
        for tag in module.tags.install
    ]
    for module in module_ctx.modules:
        apt_install.check_tags(module)
    installs = [
        apt_install.read(module_ctx, each.of, each.tag, own = names.own, prefix = names.prefix)
        for each, names in zip(tagged, apt_modules.name_repositories(tagged))
    ]
    holders = {}
    for install in installs:
        _declare_packages(install)
        if install.own:
            _declare_hub(install.own, [install])
        holders.setdefault(install.tag.name, []).append(install)
    overrides = _overrides(module_ctx)
    for name in overrides:
        if name not in holders:
            fail("apt.override: unknown repo '%s' (hint: must be one of %s)" % (name, ", ".join(sorted(holders))))
    for name, of_name in holders.items():
        _declare_hub(name, of_name, overrides.get(name))
    return module_ctx.extension_metadata(reproducible = True)

apt = module_extension(
    doc = """Repositories of Debian packages from locks.

```
apt = use_extension("@distroless//rules:apt.bzl", "apt")
apt.sources(repo = "bookworm", archive = "debian", suites = ["bookworm"], components = ["main"])
apt.install(
    name = "bookworm",
    architectures = ["amd64", "arm64"],
    base = "@distroless//base:base_debian12",
    lock = "//:bookworm.lock.json",
    packages = ["curl"],
)
use_repo(apt, "bookworm")
```

`bazel run @bookworm//:lock` writes the lock. Then `@bookworm//curl` is curl with its dependencies, for the target platform.
docs/packages.md lists all labels, docs/lock.md describes manifests and locks.

Each package file is a repository of its own, which is downloaded when a target needs it.""",
    implementation = _apt_impl,
    tag_classes = APT_TAGS,
)
