"""What the extensions of languages share: reading a lock, and describing an install."""

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

def language_install(tagged, lock, entries, **content):
    """An install for `installs.merge`, which never fails by itself.

    Args:
      tagged: what `install_tags.read` returns for it.
      lock: Label of its lock, in the module's repository.
      entries: list of strings, what it has, "" for the repository itself.
      **content: further fields.

    Returns:
      A struct.
    """
    return struct(
        name = tagged.name,
        module = tagged.module,
        own = tagged.own,
        is_root = tagged.of.is_root,
        canonical = lock.repo_name,
        entries = entries,
        unlocked = {},
        failures = {},
        **content
    )
