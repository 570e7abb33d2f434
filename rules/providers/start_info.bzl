"""How an image starts a program."""

visibility("//rules/...")

StartInfo = provider(
    doc = "How an image starts the program of a `binary_layer`.",
    fields = {
        "cmd": "List of strings, arguments of the base's entrypoint, or empty: the entrypoint is set.",
        "entrypoint": "List of strings, the program and its first arguments, or empty: that of the base starts the program.",
        "path": "String, absolute path of the program in the image.",
    },
)
