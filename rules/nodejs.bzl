"""Node.js as a part of a layer.

    load("@distroless//rules:nodejs.bzl", "node")
"""

load("//rules/private:node.bzl", _node = "node")

node = _node
