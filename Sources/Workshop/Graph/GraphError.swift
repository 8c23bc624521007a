/// Why a graph is not one that later stages may rely on. Prints as one message that names the node and the tensor.
public struct GraphError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The node that is wrong, an index into `Graph.nodes`; nil when the fault is not one node's.
    public var node: Int?
    /// The tensor that is wrong, an index into `Graph.tensors`; nil when the fault is not one tensor's.
    public var tensor: TensorID?
    /// The whole sentence, with the node's origin and the tensors' names in it.
    public var problem: String

    /// What to do, where that is more than to export the model again.
    public var remedy: String?

    public init(node: Int? = nil, tensor: TensorID? = nil, problem: String, remedy: String? = nil) {
        self.node = node
        self.tensor = tensor
        self.problem = problem
        self.remedy = remedy
    }

    public var description: String { problem }
}
