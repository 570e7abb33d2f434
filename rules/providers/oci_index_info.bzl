"""An image for several platforms."""

OciIndexInfo = provider(
    doc = "One OCI image index and the images it names.",
    fields = {
        "index": "File: the index (application/vnd.oci.image.index.v1+json).",
        "images": "List of OciImageInfo, in the index's order.",
    },
)
