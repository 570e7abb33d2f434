"""Which snippets of the documentation are tested how."""

BUILT = {
    "howto.md: Add a file",
    "howto.md: Add a user",
    "howto.md: Build for several architectures",
    "howto.md: Push and load",
    "provenance.md: For an image of your own",
}
"""Sections whose targets are built. The others are only loaded: they need packages or sources."""

LOCKS = {
    "package-lock.json": '{"lockfileVersion": 3, "packages": {"node_modules/a": '
    '{"version": "1.0.0", "integrity": "sha512-AA=="}}}\n',
    "requirements.txt": f"flask==3.0 --hash=sha256:{'0' * 64}\n",
    "vendor.pgp": "",
}
"""Files beside MODULE.bazel that the tags of extensions name."""
