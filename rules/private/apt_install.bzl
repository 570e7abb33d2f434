"""Reads one install: its tags, its manifest and its lock."""

load(":apt_lock.bzl", "apt_lock")
load(":apt_manifest.bzl", "apt_manifest")
load(":apt_names.bzl", "apt_names", "oci_architectures")
load(":apt_unlocked.bzl", "apt_unlocked")
load(":labels.bzl", "display_label")
load(":similar_names.bzl", "similar_names")

visibility("//rules/...")

_NO_NAMES = struct(packages = {}, sets = {})

def _check_tags(module):
    """Fails if tags of a module name an install that it does not have.

    Args:
      module: a module of module_ctx.modules.
    """
    repos = [tag.name for tag in module.tags.install]
    for kind in ["file", "package", "package_set", "sources"]:
        for tag in getattr(module.tags, kind):
            if tag.repo not in repos:
                fail("apt.%s: unknown repo '%s' (hint: must be the name of an apt.install tag of %s: %s)" % (
                    kind,
                    tag.repo,
                    module.name or "MODULE.bazel",
                    ", ".join(repos),
                ))

def _package_settings(module, install, names):
    """The package tags of an install: a dict from the name of a package. `names`: of all packages, or None if unknown."""
    result = {}
    for tag in module.tags.package:
        if tag.repo != install.name:
            continue
        if names != None and tag.name not in names:
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

def _sha256(module_ctx, text, in_tags):
    """The SHA-256 of a manifest's text, in hex.

    Bazel 7 reads MODULE.bazel as UTF-8, and other files as Latin-1. Written in the same way, they have the same bytes.
    """

    # Starlark has no hash function, but the downloader has.
    module_ctx.file("text", text, legacy_utf8 = in_tags)
    return module_ctx.download(url = "file://%s" % module_ctx.path("text"), output = "downloaded").sha256

def _workspace_path(label):
    return "/".join([part for part in [label.package, label.name] if part])

def _where(module, tag):
    """What errors call an install."""
    return "apt.install '%s'" % tag.name + ("" if module.is_root else " of module " + module.name)

def _read_files(module_ctx, module, tag):
    """Reads the files of an install.

    Args:
      module_ctx: the context of the extension.
      module: the module, of module_ctx.modules.
      tag: its tag `apt.install`.

    Returns:
      A struct for `read`.
    """
    manifest = _read_manifest(module_ctx, module, tag)
    path = module_ctx.path(tag.lock)
    return struct(lock_text = module_ctx.read(path) if path.exists else None, manifest = manifest)

def _read_manifest(module_ctx, module, tag):
    """The manifest of an install.

    Returns:
      struct(text: string, empty if there is none; in_tags: bool; keyrings: dict from a path to a Label; name: string, for
      errors; path: string, in the workspace of the module; names: list of strings, those of its sets and packages if they
      stand in tags).
    """
    where = _where(module, tag)
    manifest = apt_manifest.from_tags(where, tag, struct(
        file = [each for each in module.tags.file if each.repo == tag.name],
        package_set = [each for each in module.tags.package_set if each.repo == tag.name],
        sources = [each for each in module.tags.sources if each.repo == tag.name],
    ))
    if manifest:
        for label in manifest.keyrings.values():
            if not module_ctx.path(label).exists:
                fail("%s: apt.sources: keyring %s not found" % (where, display_label(label)))
        return struct(
            text = manifest.text,
            in_tags = True,
            keyrings = manifest.keyrings,
            name = "MODULE.bazel",
            path = "",
            names = manifest.names,
        )
    label = tag.manifest or tag.lock.relative(tag.lock.name.removesuffix(".lock.json") + ".yaml")
    path = module_ctx.path(label)
    if not path.exists and tag.manifest:
        fail("%s: manifest %s not found (hint: create it, or remove `manifest` and use tags)" % (where, display_label(label)))
    text = module_ctx.read(path) if path.exists else ""
    return struct(
        text = text,
        in_tags = False,
        keyrings = {},
        name = label.name,
        path = _workspace_path(label),
        names = [],
    )

def _lock_command(module, tag, manifest, names):
    """How the lock is written: a dict, of strings but for `architectures` and `keyrings`."""
    error = ""
    if not module.is_root:
        error = "the lock %s belongs to module %s (hint: run this in the workspace of that module)" % (display_label(tag.lock), module.name)
    elif tag.lock.repo_name:
        error = "the lock %s is not in this workspace (hint: set `lock` to a label such as //:%s.lock.json)" % (display_label(tag.lock), tag.name)
    elif not manifest.text:
        error = "%s: no packages (hint: write apt.sources and `packages` in MODULE.bazel, or the manifest %s)" % (display_label(tag.lock), manifest.path)
    return {
        "architectures": oci_architectures(tag.architectures if manifest.in_tags else names),
        "base": str(tag.base) if tag.base else "",
        "base_label": display_label(tag.base) if tag.base else "",
        "command": "bazel run @%s//:lock" % tag.name,
        "error": error,
        "install": tag.name,
        "keyrings": manifest.keyrings,
        "lock": _workspace_path(tag.lock),
        "manifest_name": manifest.path or manifest.name,
        "manifest_text": manifest.text if manifest.in_tags else "",
        "workspace_manifest": manifest.path,
    }

def _stale(module_ctx, tag, manifest, lock):
    """Why a lock without a problem of its own cannot be used, in a few words, or None."""
    if not manifest.text:
        return None
    base = display_label(tag.base) if tag.base else ""
    found = _sha256(module_ctx, apt_lock.normalize_manifest(manifest.text, base), manifest.in_tags)
    if found != lock.manifest_sha256:
        what = "apt.install '%s' in MODULE.bazel" % tag.name if manifest.in_tags else manifest.name
        return "%s%s has changed since the lock was written" % (what, " or `base`" if base and not manifest.in_tags else "")
    return None

def _how_to_add(module, tag, manifest, package):
    """What the user does to lock another package."""
    if not module.is_root:
        return "add it in module %s, which has the lock" % module.name
    where = "`packages` of apt.install '%s'" % tag.name if manifest.in_tags else manifest.name
    return "add \"%s\" to %s, and run bazel run @%s//:lock" % (package, where, tag.name)

def _identity(package, tag, settings, merged_usr):
    """What a package consists of in an image, as text to compare."""
    return json.encode([
        package.name,
        package.version,
        package.sha256,
        merged_usr,
        tag.exclude,
        tag.include,
        [settings.exclude, settings.include] if settings else [],
    ])

def _read(module_ctx, module, tag, files, *, own, prefix):
    """Reads an install.

    Args:
      module_ctx: the context of the extension.
      module: the module, of module_ctx.modules.
      tag: its tag `apt.install`.
      files: what `read_files` returned.
      own: string, name of the repository of this install alone, or None.
      prefix: string, which the names of its packages' repositories begin with.

    Returns:
      struct(name; tag; module; is_root; own; prefix; canonical: string, name of the module's repository; packages: as
      `apt_lock.parse` returns them; settings: dict from the name of a package to its tag `apt.package`; merged_usr: bool;
      names: as `apt_names` returns them; identities: dict from a repository to what it consists of; failures: dict from a
      name to an error; entries: list of the names of all packages and sets; unlocked: dict from a name that the lock mentions,
      without a package, to an error; missing: the error if there is no usable lock, or empty; lock: dict, how the lock is
      written).
    """
    lock_label = display_label(tag.lock)
    manifest, text = files.manifest, files.lock_text
    if not manifest.in_tags:
        apt_manifest.check_no_tags(_where(module, tag), tag)
    manifest_names = manifest.names if manifest.in_tags else apt_manifest.words(manifest.text)
    command = _lock_command(module, tag, manifest, manifest_names)
    stale = "lock not found" if text == None else apt_lock.problem(text)
    lock = None if stale else apt_lock.parse(text)
    if lock:
        stale = _stale(module_ctx, tag, manifest, lock)
    common = dict(
        name = tag.name,
        tag = tag,
        module = module.name,
        is_root = module.is_root,
        own = own,
        prefix = prefix,
        canonical = tag.lock.repo_name,
        lock = command,
    )
    if stale:
        error = "%s: %s (hint: %s%s)" % (
            lock_label,
            stale,
            "" if module.is_root else "in the workspace of module %s, " % module.name,
            command["command"],
        )
        names = manifest_names + ([each.name for each in lock.packages] + list(lock.sets) if lock else [])
        return struct(
            entries = [],
            failures = {name: error for name in names},
            identities = {},
            merged_usr = False,
            missing = error,
            names = _NO_NAMES,
            packages = [],
            settings = {},
            unlocked = {},
            **common
        )
    merged_usr = tag.merged_usr or lock.merged_usr
    settings = _package_settings(module, tag, {each.name: None for each in lock.packages}.keys())
    names = apt_names(lock, prefix, lock_label)
    return struct(
        entries = {name: None for name in names.packages.keys() + names.sets.keys()}.keys(),
        failures = {},
        identities = {
            "%s_%s" % (prefix, each.repository): _identity(each, tag, settings.get(each.name), merged_usr)
            for each in lock.packages
        },
        merged_usr = merged_usr,
        missing = "",
        names = names,
        packages = lock.packages,
        settings = settings,
        unlocked = apt_unlocked(
            lock,
            repo = tag.name,
            where = lock_label,
            base = command["base_label"],
            how_to_add = lambda package: _how_to_add(module, tag, manifest, package),
        ),
        **common
    )

apt_install = struct(check_tags = _check_tags, read = _read, read_files = _read_files)
