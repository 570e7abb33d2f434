"""Container images: layers, images, indexes; loading, pushing and describing them. The attributes are those of rules_oci.

    load("@distroless//rules:oci.bzl", "oci_image", "oci_image_index", "oci_layer", "oci_load", "oci_push", "oci_sbom")
"""

load("//rules/private:oci_image.bzl", _oci_image = "oci_image")
load("//rules/private:oci_image_index.bzl", _oci_image_index = "oci_image_index")
load("//rules/private:oci_layer.bzl", _oci_layer = "oci_layer")
load("//rules/private:oci_load.bzl", _oci_load = "oci_load")
load("//rules/private:oci_provenance.bzl", _oci_provenance = "oci_provenance")
load("//rules/private:oci_push.bzl", _oci_push = "oci_push")
load("//rules/private:oci_sbom.bzl", _oci_sbom = "oci_sbom")
load("//rules/providers:layer_info.bzl", _LayerInfo = "LayerInfo")
load("//rules/providers:layers_info.bzl", _LayersInfo = "LayersInfo")
load("//rules/providers:oci_image_info.bzl", _OciImageInfo = "OciImageInfo")
load("//rules/providers:oci_index_info.bzl", _OciIndexInfo = "OciIndexInfo")

oci_image = _oci_image
oci_image_index = _oci_image_index
oci_layer = _oci_layer
oci_load = _oci_load
oci_provenance = _oci_provenance
oci_push = _oci_push
oci_sbom = _oci_sbom
LayerInfo = _LayerInfo
LayersInfo = _LayersInfo
OciImageInfo = _OciImageInfo
OciIndexInfo = _OciIndexInfo
