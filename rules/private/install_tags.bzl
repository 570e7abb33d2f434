"""The tags of installs of several modules, and the repositories that they declare. installs.bzl has the rules for names."""

load(":installs.bzl", "installs")

visibility("//rules/...")

def _override(extension):
    """The tag class `override`.

    Args:
      extension: string, name of the extension.

    Returns:
      A tag_class.
    """
    return tag_class(
        doc = """Decides what `@<repo>` is if several modules have an install of that name. Only the root module's tags count.

Each of the modules can reach its own install as `@<module>_<name>`, see docs/packages.md.""",
        attrs = {
            "module": attr.string(mandatory = True, doc = "Name of the module whose install `@<repo>` is, for all modules."),
            "repo": attr.string(mandatory = True, doc = "`name` of the `%s.install` tags." % extension),
        },
    )

def _read(extension, module_ctx):
    """The tags `install` of all modules, and the names of their repositories.

    Args:
      extension: string, name of the extension.
      module_ctx: the extension's context.

    Returns:
      A list of struct(module: string, empty for a root module without a name; version: string; name: string; tag; of: the
      module of module_ctx.modules; own, prefix: as `installs.name_repositories` returns them), the root module's first.
    """
    tagged = []
    for module in module_ctx.modules:
        names = {}
        for tag in module.tags.install:
            if tag.name in names:
                fail("%s.install: duplicate name '%s' in %s (hint: rename one)" % (extension, tag.name, module.name or "MODULE.bazel"))
            names[tag.name] = None
            tagged.append(struct(module = module.name, version = module.version, name = tag.name, tag = tag, of = module))
    return [
        struct(
            module = each.module,
            version = each.version,
            name = each.name,
            tag = each.tag,
            of = each.of,
            own = names.own,
            prefix = names.prefix,
        )
        for each, names in zip(tagged, installs.name_repositories(extension, tagged))
    ]

def _read_overrides(extension, module_ctx, names):
    """What the root module chose: a dict from a repository's name to a module's.

    Args:
      extension: string, name of the extension.
      module_ctx: the extension's context.
      names: iterable of strings, the names of installs.

    Returns:
      A dict.
    """
    result = {}
    for module in module_ctx.modules:
        for tag in module.tags.override if module.is_root else []:
            if tag.repo in result:
                fail("%s.override: duplicate tag for '%s' (hint: remove one)" % (extension, tag.repo))
            if tag.repo not in names:
                fail("%s.override: unknown repo '%s' (hint: must be one of %s)" % (extension, tag.repo, ", ".join(sorted(names))))
            result[tag.repo] = tag.module
    return result

def _declare(extension, module_ctx, found, identity, declare):
    """Declares the repositories of installs: `<module>_<name>` for each, and `<name>` for all of that name.

    Args:
      extension: string, name of the extension.
      module_ctx: the extension's context.
      found: list of structs as `installs` of `installs.merge`, each also with `name`.
      identity: as for `installs.merge`.
      declare: function from a name and what `installs.merge` returns, which declares the repository.
    """
    holders = {}
    for install in found:
        if install.own:
            declare(install.own, installs.merge(extension, install.own, [install], identity))
        holders.setdefault(install.name, []).append(install)
    overrides = _read_overrides(extension, module_ctx, holders.keys())
    for name, of_name in holders.items():
        content = installs.merge(extension, name, of_name, identity, overrides.get(name))
        if content.warning:
            # buildifier: disable=print
            print(content.warning)
        declare(name, content)

install_tags = struct(declare = _declare, override = _override, read = _read)
