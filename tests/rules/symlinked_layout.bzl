"""A layout as rules_oci writes it: its blobs are relative symlinks to runfiles."""

load("//rules:oci.bzl", "OciImageInfo")

visibility("private")

_LINK = """
cp "$1/index.json" "$1/oci-layout" "$2"
mkdir -p "$2/blobs/sha256"
for blob in "$1"/blobs/sha256/*; do
    ln -s "$(realpath --no-symlinks --relative-to "$2/blobs/sha256" "$blob")" "$2/blobs/sha256"
done
"""

def _symlinked_layout_impl(ctx):
    layout = ctx.actions.declare_directory(ctx.label.name)
    ctx.actions.run_shell(
        command = _LINK,
        arguments = [ctx.file.image.path, layout.path],
        inputs = [ctx.file.image],
        outputs = [layout],
        mnemonic = "SymlinkedLayout",
        progress_message = "Linking %{label}",
    )
    return [DefaultInfo(files = depset([layout]), runfiles = ctx.runfiles([layout, ctx.file.image]))]

symlinked_layout = rule(
    doc = "A layout whose blobs are relative symlinks into the layout of another image.",
    implementation = _symlinked_layout_impl,
    attrs = {
        "image": attr.label(
            mandatory = True,
            allow_single_file = True,
            providers = [OciImageInfo],
            doc = "The image.",
        ),
    },
)
