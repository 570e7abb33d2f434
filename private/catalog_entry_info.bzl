"""The facts of an image that listings and releases are made from."""

visibility("//private/...")

CatalogEntryInfo = provider(
    doc = "What a declaration says about one image, or its debug image, on one distribution.",
    fields = {
        "debug": "bool: whether it is the debug image.",
        "distribution": "string: a key of DISTRIBUTIONS.",
        "image": "string: name of the image, such as `static`.",
        "listing": "File: what the image adds to its base, one entry per line as JSON; None if it adds nothing.",
    },
)
