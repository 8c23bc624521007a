import Ocellus

/// What an `ocellus_model` is: a model, and memory for whatever C is told of it. The pointer that C has owns it.
final class Handle {
    var model: Model
    /// The tensors as C knows them, inputs first. Their addresses are their names, so they stay where they are.
    let tensors: UnsafeMutableBufferPointer<TensorHandle>
    /// Room for all labels.
    let ranking: UnsafeMutableBufferPointer<RankedLabel>
    /// Why the last call that failed did: terminated, `errorCapacity` bytes.
    let error: UnsafeMutablePointer<CChar>

    private static var errorCapacity: Int { 512 }

    init(_ model: consuming Model) {
        let (inputs, outputs) = (model.inputCount, model.outputCount)
        tensors = .allocate(capacity: inputs + outputs)
        ranking = .allocate(capacity: model.labelCount)
        ranking.initialize(repeating: RankedLabel())
        error = .allocate(capacity: Handle.errorCapacity)
        error.initialize(repeating: 0, count: Handle.errorCapacity)
        self.model = model
        let owner = Unmanaged.passUnretained(self)
        for index in 0..<inputs + outputs {
            let isInput = index < inputs
            let tensor = TensorHandle(owner: owner, isInput: isInput, index: isInput ? index : index - inputs)
            tensors.initializeElement(at: index, to: tensor)
        }
    }

    deinit {
        tensors.deallocate()
        ranking.deallocate()
        error.deallocate()
    }

    /// What a pointer of C's stands for.
    static func of(_ model: OpaquePointer?) -> Handle? {
        model.map { Unmanaged<Handle>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
    }

    /// 0, or -1 with the reason kept.
    func attempt(_ body: (Handle) throws(ModelError) -> Void) -> CInt {
        do throws(ModelError) {
            try body(self)
            return 0
        } catch {
            return fail(error.message)
        }
    }

    /// Keeps a reason for `ocellus_error`.
    /// - Returns: -1.
    func fail(_ message: String) -> CInt {
        _ = copy(message.utf8, to: error, Handle.errorCapacity)
        return -1
    }
}

/// What an `ocellus_tensor` is: where to ask its model about it.
struct TensorHandle {
    /// It lies in its owner's memory.
    let owner: Unmanaged<Handle>
    let isInput: Bool
    let index: Int

    static func of(_ tensor: OpaquePointer?) -> TensorHandle? {
        tensor.map { UnsafePointer<TensorHandle>($0).pointee }
    }

    var facts: Tensor {
        let handle = owner.takeUnretainedValue()
        return isInput ? handle.model.inputTensor(index) : handle.model.outputTensor(index)
    }

    var name: UnsafeBufferPointer<UInt8> {
        let handle = owner.takeUnretainedValue()
        return isInput ? handle.model.nameText(ofInput: index) : handle.model.nameText(ofOutput: index)
    }
}
