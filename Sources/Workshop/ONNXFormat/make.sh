#!/bin/bash
# Makes onnx.pb.swift of onnx.proto, which is that of the PyPI package onnx 1.23.2 (Apache-2.0). Needs protoc (Debian's
# protobuf-compiler) and builds the plug-in from the swift-protobuf that the package resolves to, in a few minutes.
set -eu
cd "$(dirname "$0")"
package=../../..
swift build --package-path $package/.build/checkouts/swift-protobuf -c release --product protoc-gen-swift
bin=$(swift build --package-path $package/.build/checkouts/swift-protobuf -c release --show-bin-path)
protoc --plugin=protoc-gen-swift="$bin/protoc-gen-swift" --swift_opt=Visibility=Package --swift_out=. onnx.proto
