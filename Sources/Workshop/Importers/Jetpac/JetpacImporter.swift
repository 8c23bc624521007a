import Graph

/// A network of Jetpac's engine of 2014, or one that was converted for it from libccv.
public struct JetpacNetwork: Sendable {
    /// One of the nodes in the file's list, which are counted as the old engine counts them.
    public struct Layer: Sendable, Equatable {
        public var name: String
        /// What it makes; of a node that changes nothing, what the one before it made.
        public var result: TensorID
    }

    /// Of level `.real`: from `[1, 224, 224, 3]`, pixels 0 to 255 in the order R, G, B.
    public var graph: Graph
    /// In the order of the scores, of which there may be more or fewer.
    public var labels: [String]
    /// Pictures are stretched to so many pixels a side, of which the middle 224 are taken.
    public var pictureSide: Int
    public var layers: [Layer]

    /// Pixels a side that the network sees.
    public static let windowSide = 224
}

/// Reads `.ntwk` files.
public enum JetpacImporter {
    /// Sides of a mean image, and with them of the picture.
    private static let sides = JetpacNetwork.windowSide...1 << 12
    private static let layers = 1 << 10

    /// - Parameters:
    ///   - bytes: the whole file; any bytes are safe. What follows the outermost tag is no part of it.
    ///   - name: the file's name, for messages. The graph is named after it, without folders and extension.
    /// - Returns: a network whose graph `Graph.validate()` has passed. The mean image's window is subtracted first; so a picture's
    ///   pixels are the input as they are.
    /// - Throws: an error that names the file, the byte, the layer and the remedy.
    public static func read(_ bytes: [UInt8], name: String) throws(ImportError) -> JetpacNetwork {
        let reader = JetpacReader(bytes: bytes, file: name)
        let root = try reader.dictionary(try reader.tag(at: 0, end: bytes.count), "the network")
        let side = try root.whole("input_size", in: sides, default: 256)
        let last = name.split(separator: "/").last.map(String.init) ?? name
        var builder = JetpacBuilder(name: last.hasSuffix(".ntwk") ? String(last.dropLast(5)) : last)
        let list = try root.list("layers")
        guard (1...layers).contains(list.count) else {
            throw reader.fail("the network has \(list.count) layers; 1 to \(layers) are supported", at: root.offset)
        }
        for (index, tag) in list.enumerated() {
            try builder.append(try reader.dictionary(tag, "layer \(index)"), index)
        }
        let mean = try root.array("data_mean")
        try mean.expect(side * side * 3, "a picture of \(side) by \(side) has \(side * side * 3)")
        builder.subtract(Self.window(mean.values, side))
        var labels: [String] = []
        for tag in try root.list("label_names") { labels.append(try reader.text(tag, "a label")) }
        let graph = builder.finished
        do throws(GraphError) { try graph.validate() } catch {
            throw ImportError(file: name, problem: error.problem, remedy: error.remedy ?? JetpacReader.damaged)
        }
        return JetpacNetwork(graph: graph, labels: labels, pictureSide: side, layers: builder.layers)
    }

    /// The middle of the mean image, channels last. The file has three planes, R first.
    private static func window(_ planes: [Float], _ side: Int) -> [Float] {
        let extent = JetpacNetwork.windowSide
        let margin = (side - extent) / 2
        var window = [Float](repeating: 0, count: extent * extent * 3)
        for y in 0..<extent {
            for x in 0..<extent {
                for channel in 0..<3 {
                    window[(y * extent + x) * 3 + channel] =
                        planes[(channel * side + y + margin) * side + x + margin]
                }
            }
        }
        return window
    }
}
