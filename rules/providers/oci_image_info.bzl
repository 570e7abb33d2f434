"""An image for one platform."""

OciImageInfo = provider(
    doc = "One OCI image: documents of a few kB, and the layers they name.",
    fields = {
        "config": "File: the image's config (application/vnd.oci.image.config.v1+json).",
        "manifest": "File: the image's manifest (application/vnd.oci.image.manifest.v1+json).",
        "layers": "List of LayerInfo, bottom to top, less those that only `layouts` hold.",
        "exceptions": "List of File: what the checks of the image's own layers and its base's let pass, with reasons.",
        "layouts": "List of File: OCI layout directories (of imported bases) that hold further blobs.",
        "layout_files": "depset of File: files outside of `layouts` that their symlinks point to.",
    },
)
