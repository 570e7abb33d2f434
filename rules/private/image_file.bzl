"""Images that are files: OCI image layouts, whatever made them."""

load(":labels.bzl", "display_label")

visibility("//rules/...")

def only_image_file(ctx, target, files, archives = ()):
    """The one file of an image. Fails if a target is something else.

    Args:
      ctx: the rule's context.
      target: Target of the image.
      files: list of File, what the target is made of.
      archives: tuple of strings, suffixes of tars of a layout that are an image too. Without it only a directory is one.

    Returns:
      File: a directory, or a tar of one. A source file may be either.
    """
    is_image = len(files) == 1 and (
        not archives or files[0].is_directory or files[0].is_source or files[0].basename.endswith(archives)
    )
    if not is_image:
        fail("%s: %s is not an image: it has %d files (hint: an image is one directory, an OCI image layout%s)" % (
            display_label(ctx.label),
            display_label(target.label),
            len(files),
            ", or a tar of it" if archives else "",
        ))
    return files[0]
