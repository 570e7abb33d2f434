"""The rule `oci_push`."""

load("//tools/python:tool.bzl", "python_tool_attr", "write_python_program")
load(":cas.bzl", "CAS_ATTRS", "cas_arguments")
load(":image_content.bzl", "image_content")
load(":image_credentials.bzl", "refuse_credentials")
load(":labels.bzl", "display_label", "is_label")
load(":stamp.bzl", "STAMP_ATTRS", "stamp_arguments", "stamp_select")

visibility("//rules/...")

def _oci_push_impl(ctx):
    if ctx.attr.repository and ctx.file.repository_file:
        fail("%s: `repository` and `repository_file` are both set (hint: set one)" % display_label(ctx.label))
    refuse_credentials(ctx, "repository", [ctx.attr.repository])
    cas = cas_arguments(ctx)
    content = image_content(ctx, ctx.attr.image, pulls = True, lacks_blobs = bool(cas))
    arguments = content.arguments + cas
    if ctx.attr.repository:
        arguments += ["--repository", ctx.attr.repository]
    if ctx.file.repository_file:
        arguments += ["--repository-file", ctx.file.repository_file]
    for tag in ctx.attr.remote_tags:
        arguments += ["--tag", tag]
    if ctx.file.remote_tags_file:
        arguments += ["--tags-file", ctx.file.remote_tags_file]
    program = write_python_program(
        ctx,
        ctx.attr._oci_push,
        arguments = arguments + stamp_arguments(ctx),
        files = content.files,
    )
    return [program, OutputGroupInfo(_validation = content.reports)]

_oci_push = rule(
    doc = "The rule behind the macro `oci_push`.",
    implementation = _oci_push_impl,
    executable = True,
    attrs = CAS_ATTRS | STAMP_ATTRS | {
        "image": attr.label(
            allow_files = True,
            mandatory = True,
            doc = "An `oci_image`, an `oci_image_index`, or one OCI image layout directory from elsewhere.",
        ),
        "remote_tags": attr.string_list(doc = "Tags to set."),
        "remote_tags_file": attr.label(allow_single_file = True, doc = "File with a tag per line."),
        "repository": attr.string(doc = "Repository, such as `registry.example.com/team/app`, without tag or digest."),
        "repository_file": attr.label(allow_single_file = True, doc = "File with the repository, in place of `repository`."),
        "_oci_push": python_tool_attr("//tools/oci_push"),
    },
)

def oci_push(name, *, image, repository = None, repository_file = None, remote_tags = None, stamp = -1, **kwargs):
    """Pushes an image or an index to a registry: `bazel run //:push`. The attributes are those of rules_oci; `stamp` is new.

    ```
    load("@distroless//rules:oci.bzl", "oci_push")

    oci_push(
        name = "push",
        image = ":image",
        repository = "registry.example.com/team/app",
        remote_tags = ["latest"],
    )
    ```

    Flags follow `--`: `bazel run //:push -- --tag v1.2`.
      * `-r`, `--repository`: the repository to push to, in place of the attribute's.
      * `-t`, `--tag`: a further tag to set; it can be repeated.
      * `--insecure`: plain http.
      * `--dry-run`: prints what would be pushed.
      * `--digest-file`: file to write the digest to. The digest is printed too, as `repository@sha256:...`.
      * `--mount-from`: another repository of the registry that may have the layers, so that they need not be sent; it can be
        repeated.

    What the registry has is not sent again. docs/push.md has more, such as where credentials come from.

    Args:
      name: string, name of the target.
      image: label of an `oci_image`, an `oci_image_index`, or one OCI image layout directory from elsewhere.
      repository: string, the repository, without tag or digest. It may have `{KEY}`, see `stamp`.
      repository_file: label of a file with the repository.
      remote_tags: list of strings or label of a file with one per line: the tags to set. They may have `{KEY}`. Without tags
        the image is pushed by its digest alone.
      stamp: int, whether `{KEY}` is replaced by the value of Bazel's workspace status, such as `{STABLE_GIT_COMMIT}`: 1 always,
        0 never, -1 with `--stamp`.
      **kwargs: attributes that all executable rules have, such as `args` and `visibility`.
    """
    is_file = is_label(remote_tags)
    _oci_push(
        name = name,
        image = image,
        remote_tags = None if is_file else remote_tags,
        remote_tags_file = remote_tags if is_file else None,
        repository = repository,
        repository_file = repository_file,
        stamp = stamp,
        stamped = stamp_select(),
        **kwargs
    )
