"""Downloads from a registry, by Bazel's downloader and so through its cache."""

load("//tools/python:repository_tool.bzl", "run_repository_tool")
load(":oci_names.bzl", "oci_names")

visibility("//rules/...")

_MANIFEST_TYPES = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
]

def ask_registry(ctx, image, reference, insecure):
    """Asks a registry about an image. Fails with the registry's reason if it does not give it.

    Args:
      ctx: repository_ctx or module_ctx.
      image: string, the repository.
      reference: string, digest or tag of the image.
      insecure: bool, whether to use plain http.

    Returns:
      struct(authorization: string, the header that the registry wants, "" if none; digest: string).
    """
    result = run_repository_tool(
        ctx,
        "tools.oci_pull.__main__",
        ["--repository", image, "--reference", reference] + (["--insecure"] if insecure else []),
    )
    if result.error:
        fail("oci.pull: " + result.error.replace("use --insecure", "set `insecure = True`"))
    answer = json.decode(result.output)
    return struct(authorization = answer["authorization"] or "", digest = answer["digest"])

def _request(url, authorization):
    """Arguments of `download`. Bazel sends the header to this URL only, not to what it redirects to."""
    return {
        "auth": {url: {"password": authorization, "pattern": "<password>", "type": "pattern"}} if authorization else {},
        "url": url,
    }

def registry_downloader(rctx, image, reference, insecure):
    """Downloads of one image.

    A registry is asked for a token only after a download without one failed, so a build whose files are all in Bazel's cache
    needs no network.

    Args:
      rctx: repository_ctx.
      image: string, the repository.
      reference: string, digest of the image.
      insecure: bool, whether to use plain http.

    Returns:
      struct of functions:
        manifest(digest, output): downloads a manifest.
        blobs(outputs): downloads blobs at the same time. `outputs` is a dict from their digests to paths.
    """
    repository = oci_names.parse_repository(image)
    base = "%s://%s/v2/%s/" % ("http" if insecure else "https", repository.api, repository.path)

    # A function cannot assign to a variable outside of it.
    state = {"asked": False, "authorization": ""}

    def _authorize():
        """Returns whether it makes sense to try again."""
        if state["asked"]:
            return False
        state["asked"] = True
        state["authorization"] = ask_registry(rctx, image, reference, insecure).authorization
        return True

    def _download(url, digest, output, **kwargs):
        return rctx.download(
            output = output,
            sha256 = digest.removeprefix("sha256:"),
            allow_fail = True,
            **(kwargs | _request(url, state["authorization"]))
        )

    def _manifest(digest, output):
        for _ in range(2):
            if _download(base + "manifests/" + digest, digest, output, headers = {"Accept": _MANIFEST_TYPES}).success:
                return
            if not _authorize():
                break
        fail("oci.pull: %s: download of manifest %s failed (hint: Bazel's warning above has the reason)" % (repository.name, digest))

    def _blobs(outputs):
        left = outputs.keys()
        for _ in range(2):
            pending = [
                (digest, _download(
                    base + "blobs/" + digest,
                    digest,
                    outputs[digest],
                    block = False,
                ))
                for digest in left
            ]
            left = [digest for digest, download in pending if not download.wait().success]
            if not left or not _authorize():
                break
        if left:
            fail("oci.pull: %s: download of blob %s failed (hint: Bazel's warning above has the reason)" % (repository.name, left[0]))

    return struct(blobs = _blobs, manifest = _manifest)
