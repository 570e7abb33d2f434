"""An image for one platform."""

visibility("//rules/...")

OciImageInfo = provider(
    doc = "One OCI image: its documents, and the layers that they refer to.",
    fields = {
        "config": "File: the config (application/vnd.oci.image.config.v1+json).",
        "layers": "List of LayerInfo, bottom to top: all layers of the image, those of its base included.",
        "manifest": "File: the manifest (application/vnd.oci.image.manifest.v1+json).",
        "waivers": "depset of File: waivers of the image and of its base, see docs/checks.md.",
    },
)
