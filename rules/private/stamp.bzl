"""Values of the workspace status in names and tags, such as `{STABLE_GIT_COMMIT}`."""

visibility("//rules/...")

STAMP_ATTRS = {
    "stamp": attr.int(
        default = -1,
        values = [-1, 0, 1],
        doc = "Whether `{KEY}` is replaced by the value that Bazel's workspace status has: 1 always, 0 never, -1 with `--stamp`.",
    ),
    "stamped": attr.bool(doc = "Whether the build has `--stamp`."),
}

def stamp_select():
    """The value of the attribute `stamped`."""
    return select({
        Label("//rules/private:is_stamped"): True,
        "//conditions:default": False,
    })

def stamp_arguments(ctx):
    """The flags of tools that replace `{KEY}`: `--status-file` and a File, or none.

    Args:
      ctx: the rule's context. Its attributes include STAMP_ATTRS.

    Returns:
      A list of strings and Files.
    """
    if ctx.attr.stamp == 1 or (ctx.attr.stamp == -1 and ctx.attr.stamped):
        return ["--status-file", ctx.info_file, "--status-file", ctx.version_file]
    return []
