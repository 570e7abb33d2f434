"""An image for one platform."""

visibility("//rules/...")

OciImageInfo = provider(
    doc = """One OCI image: its documents, and the layers that they refer to.

Rules of other repositories may read it and may return it. `os`, `architecture` and `variant` repeat what the config says, where
analysis knows it: for a layout from elsewhere, and for images on one, they are empty.""",
    fields = {
        "architecture": "string: OCI architecture, such as `arm64`, or an empty string if only `config` tells it.",
        "config": "File: the config (application/vnd.oci.image.config.v1+json).",
        "declarations": "List of struct, bottom to top: what this image and the images below it declare. An image on this one is described by them, without the documents of this one. Empty or missing: it is described by `config` and `manifest`.",
        "layers": "List of LayerInfo, bottom to top: all layers of the image, those of its base included.",
        "manifest": "File: the manifest (application/vnd.oci.image.manifest.v1+json).",
        "os": "string: OCI operating system, such as `linux`, or an empty string if only `config` tells it.",
        "reports": "depset of File: reports of the checks of the image. An action that ships it has them as inputs, so that no image with findings leaves the build.",
        "variant": "string: OCI variant of the architecture, such as `v8`. Empty if there is none, or if only `config` tells it.",
        "waivers": "depset of File: waivers of the image and of its base, see docs/checks.md.",
    },
)
