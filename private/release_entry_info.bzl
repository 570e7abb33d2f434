"""What is released of one index, or of several."""

visibility("//private/...")

ReleaseEntryInfo = provider(
    doc = "What is released of one index: where to, and what describes its images.",
    fields = {
        "debug": "bool: whether it is the index of debug images.",
        "distribution": "string: a key of DISTRIBUTIONS.",
        "images": "List of struct(architecture: string, OCI's name; image: OciImageInfo; predicates: list of struct(type: string, predicate type of an attestation; file: File, its predicate)), in the order of the index.",
        "index": "OciIndexInfo: the index.",
        "label": "string: the label of the index, such as `//static:static_debian12`.",
        "nonroot": "bool: whether its images have the user nonroot.",
        "predicates": "List of struct(type: string; file: File), as of an image: what is attested of the index.",
        "repository": "string: name of the repositories, such as `static`.",
    },
)

ReleaseEntriesInfo = provider(
    doc = "What is released of several indexes.",
    fields = {"entries": "List of ReleaseEntryInfo."},
)
