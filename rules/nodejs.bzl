"""Node.js as a part of a layer.

    load("@distroless//rules:nodejs.bzl", "node_layer")
"""

load("//rules/private:node_layer.bzl", _node_layer = "node_layer")

node_layer = _node_layer
