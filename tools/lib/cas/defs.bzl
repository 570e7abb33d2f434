"""What programs need that read a remote cache with gRPC."""

visibility("//tools/...")

# grpcio has 18 MB, so a build without a cache does without.
BYTE_STREAM = select({
    "//rules:no_cas": [],
    "//conditions:default": ["//tools/lib/cas:byte_stream"],
})
