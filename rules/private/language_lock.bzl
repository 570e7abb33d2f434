"""What the extensions of languages share: reading a lock, and who declares which name."""

visibility("//rules/private")

def read_lock(module_ctx, label, command):
    """Reads a lock that another program writes.

    Args:
      module_ctx: the extension's context.
      label: Label of the lock.
      command: string, the command that writes it, for errors.

    Returns:
      struct(text: string; where: string, its path in its workspace, for errors).
    """
    where = "%s/%s" % (label.package, label.name) if label.package else label.name
    path = module_ctx.path(label)
    if not path.exists:
        fail("%s: file not found (hint: run %s)" % (where, command))
    return struct(text = module_ctx.read(path), where = where)

def tags_of_modules(module_ctx, extension):
    """The tags `install` of all modules. Their names must differ.

    Args:
      module_ctx: the extension's context.
      extension: string, name of the extension, for errors.

    Returns:
      A list of tags.
    """
    owners = {}
    tags = []
    for module in module_ctx.modules:
        name = "module '%s'" % module.name if module.name else "MODULE.bazel"
        for tag in module.tags.install:
            if tag.name in owners:
                fail("%s.install: duplicate name '%s' in %s and %s (hint: choose another `name`)" % (
                    extension,
                    tag.name,
                    owners[tag.name],
                    name,
                ))
            owners[tag.name] = name
            tags.append(tag)
    return tags
