"""The `apt` module extension: locks to repositories."""

load(":apt_lock.bzl", "apt_lock")
load(":apt_repositories.bzl", "apt_hub", "deb_package")
load(":labels.bzl", "shown")

# Bytes of a package that is a layer by itself: copied into a layer with others it would be stored twice.
_LARGE = 16 << 20

_install = tag_class(
    doc = "Makes the packages of a lock available as `@<name>//:<package>_<architecture>`.",
    attrs = {
        "exclude": attr.string_list(doc = "Globs of paths to leave out of every package; see deb_layer."),
        "include": attr.string_list(doc = "Globs of paths to keep in every package; see deb_layer."),
        "lock": attr.label(mandatory = True, doc = "The .lock.json; its manifest (.yaml) stands beside it."),
        "merged_usr": attr.bool(doc = "Whether the release has its /usr merged, as Debian 13 and later."),
        "name": attr.string(mandatory = True, doc = "Name of the repository."),
    },
)

_package = tag_class(
    doc = "What differs for one package of a lock.",
    attrs = {
        "exclude": attr.string_list(doc = "Globs of paths to leave out; see deb_layer."),
        "include": attr.string_list(doc = "Globs of paths to keep; see deb_layer."),
        "install": attr.string(mandatory = True, doc = "The `name` of an install tag of the same module."),
        "package": attr.string(mandatory = True, doc = "The package's name, on all architectures."),
    },
)

def near_names(name, names):
    """Up to five of `names` that are like `name`: one holds the other, or they start alike.

    Args:
      name: what was asked for.
      names: list of what there is.

    Returns:
      A list, the nearest first.
    """
    scored = []
    for other in names:
        common = 0
        for index in range(min(len(name), len(other))):
            if name[index] != other[index]:
                break
            common += 1
        if name in other or other in name:
            common += len(name)
        if common >= 3:
            scored.append((-common, abs(len(name) - len(other)), other))
    return [other for _, _, other in sorted(scored)[:5]]

def _read_lock(module_ctx, label):
    """Reads a lock; fails if there is none, or if the manifest beside it has changed since."""
    name = shown(label)
    manifest = label.relative(label.name.removesuffix(".lock.json") + ".yaml")
    if not module_ctx.path(label).exists:
        fail("%s: there is no such lock (hint: knife lock makes it of %s, see docs/lock.md)" % (name, manifest.name))
    lock = apt_lock.parse(module_ctx.read(label), name)
    path = module_ctx.path(manifest)
    if path.exists:
        # Starlark has no hash function; the downloader has.
        found = module_ctx.download(url = "file://%s" % path, output = "manifest").sha256
        if found != lock.manifest_sha256:
            fail("%s is older than %s, which has changed since (hint: run knife lock, see docs/lock.md)" % (name, manifest.name))
    return lock

def _overrides(module, install, names):
    """The package tags of an install, as a dict from a package's name."""
    result = {}
    for tag in module.tags.package:
        if tag.install != install.name:
            continue
        if tag.package not in names:
            fail("apt.package: %s has no package '%s' (near: %s)" % (
                shown(install.lock),
                tag.package,
                ", ".join(near_names(tag.package, names)) or "none",
            ))
        result[tag.package] = tag
    return result

def _apt_impl(module_ctx):
    for module in module_ctx.modules:
        installs = [tag.name for tag in module.tags.install]
        for tag in module.tags.package:
            if tag.install not in installs:
                fail("apt.package(install = '%s'): no apt.install of that name (there are: %s)" % (tag.install, ", ".join(installs)))
        for install in module.tags.install:
            lock = _read_lock(module_ctx, install.lock)
            overrides = _overrides(module, install, {package.name: None for package in lock.packages}.keys())
            repositories = {}
            for package in lock.packages:
                repository = "%s_%s" % (install.name, package.repository)
                repositories[package.key] = struct(package = package, repository = repository)
                override = overrides.get(package.name)
                deb_package(
                    name = repository,
                    urls = package.urls,
                    sha256 = package.sha256,
                    exclude = install.exclude + (override.exclude if override else []),
                    include = install.include + (override.include if override else []),
                    merged_usr = install.merged_usr,
                    own_layer = package.size >= _LARGE,
                )
            names = {}
            versions = {}
            for by_architecture in lock.sets.values():
                for architecture, keys in by_architecture.items():
                    for key in keys:
                        entry = repositories[key]
                        names.setdefault(entry.package.name, {})[architecture] = entry.repository
                        versions.setdefault(entry.package.name, {})[architecture] = entry.package.version
            apt_hub(
                name = install.name,
                packages = json.encode(names),
                sets = json.encode({
                    name: {
                        architecture: [repositories[key].repository for key in keys]
                        for architecture, keys in by_architecture.items()
                    }
                    for name, by_architecture in lock.sets.items()
                }),
                versions = json.encode(versions),
            )
    return module_ctx.extension_metadata(reproducible = True)

apt = module_extension(
    doc = "Debian packages from locks that `knife lock` writes.",
    implementation = _apt_impl,
    tag_classes = {"install": _install, "package": _package},
)
