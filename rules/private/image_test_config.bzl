"""The config of the test that the macro `image` declares if it is given none."""

load("//rules/providers:start_info.bzl", "StartInfo")

visibility("//rules/private")

def _image_test_config_impl(ctx):
    metadata = json.decode(ctx.attr.metadata)
    start = ctx.attr.program[StartInfo] if ctx.attr.program else None
    if start:
        metadata |= {field: value for field, value in [("entrypoint", start.entrypoint), ("cmd", start.cmd)] if value}
    entrypoint = metadata.get("entrypoint")
    programs = {entrypoint[0]: None} if entrypoint and entrypoint[0].startswith("/") else {}
    files = [
        {"name": "the entrypoint", "path": path, "isExecutableBy": "any", "shouldExist": True}
        for path in programs
    ]
    if start and start.path not in programs:
        files.append({"name": "the program", "path": start.path, "shouldExist": True})
    config = ctx.actions.declare_file(ctx.label.name + ".json")
    ctx.actions.write(config, json.encode({
        "fileExistenceTests": files,
        "metadataTest": metadata,
        "schemaVersion": "2.0.0",
    }))
    return [DefaultInfo(files = depset([config]))]

image_test_config = rule(
    doc = "A config of `structure_test`: that the image says what its declaration says, and has the program.",
    implementation = _image_test_config_impl,
    attrs = {
        "metadata": attr.string(mandatory = True, doc = "JSON: expected fields of the image's config, as in `metadataTest`."),
        "program": attr.label(doc = "The `binary_layer` of the program that the image starts.", providers = [StartInfo]),
    },
)
