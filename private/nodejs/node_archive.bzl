"""The macro of the repository of one archive."""

load("//rules:nodejs.bzl", "node")
load("//rules/private:downloaded_file.bzl", "downloaded_file")

# Generated repositories load it.
visibility("public")

# buildifier: disable=unnamed-macro
def node_archive(archive, version, url, sha256, **kwargs):
    """Declares `:part`, the part that is made of the archive.

    Args:
      archive: string, name of the downloaded file.
      version: string, version of the release.
      url: string, URL of the release's archive in the lock. The file may have come from another source with the same program.
      sha256: string, hash of the release's archive, in hex.
      **kwargs: further attributes of the rule `node`.
    """
    downloaded_file(
        name = "archive",
        src = archive,
        cpe = "cpe:2.3:a:nodejs:node.js:%s:*:*:*:*:*:*:*" % version,
        purl = "pkg:generic/node@" + version,
        sha256 = sha256,
        url = url,
    )
    node(
        name = "part",
        archive = ":archive",
        version = version,
        visibility = ["//visibility:public"],
        **kwargs
    )
