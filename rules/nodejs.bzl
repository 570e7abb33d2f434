"""Node.js as a part of a layer, and packages from npm for images.

    load("@distroless//rules:nodejs.bzl", "node")
    npm = use_extension("@distroless//rules:nodejs.bzl", "npm")
"""

load("//rules/private:node.bzl", _node = "node")
load("//rules/private:npm_extension.bzl", _npm = "npm")

node = _node
npm = _npm
