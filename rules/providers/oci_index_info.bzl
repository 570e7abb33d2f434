"""An image for several platforms."""

visibility("//rules/...")

OciIndexInfo = provider(
    doc = "One OCI image index, and the images that it refers to.",
    fields = {
        "images": "List of OciImageInfo, in the order of the index.",
        "index": "File: the index (application/vnd.oci.image.index.v1+json).",
    },
)
