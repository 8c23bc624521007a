// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Functions have the names of ocellus.h.

import COcellus
import Ocellus

// Of a model.

@c @implementation
public func ocellus_name(_ model: OpaquePointer?, _ text: UnsafeMutablePointer<CChar>?, _ capacity: Int) -> Int {
    guard let handle = Handle.of(model) else { return copy("", to: text, capacity) }
    return copy(handle.model.nameText, to: text, capacity)
}

@c @implementation
public func ocellus_kernels(_ model: OpaquePointer?, _ text: UnsafeMutablePointer<CChar>?, _ capacity: Int) -> Int {
    copy(Handle.of(model)?.model.kernelsText ?? "", to: text, capacity)
}

@c @implementation
public func ocellus_threads(_ model: OpaquePointer?) -> UInt32 { UInt32(Handle.of(model)?.model.threads ?? 0) }

@c @implementation
public func ocellus_arena_bytes(_ model: OpaquePointer?) -> Int { Handle.of(model)?.model.arenaBytes ?? 0 }

// Of its tensors.

@c @implementation
public func ocellus_input_count(_ model: OpaquePointer?) -> Int { Handle.of(model)?.model.inputCount ?? 0 }

@c @implementation
public func ocellus_output_count(_ model: OpaquePointer?) -> Int { Handle.of(model)?.model.outputCount ?? 0 }

@c @implementation
public func ocellus_input(_ model: OpaquePointer?, _ index: Int) -> OpaquePointer? {
    guard let handle = Handle.of(model), 0..<handle.model.inputCount ~= index else { return nil }
    return handle.tensors.baseAddress.map { OpaquePointer($0 + index) }
}

@c @implementation
public func ocellus_output(_ model: OpaquePointer?, _ index: Int) -> OpaquePointer? {
    guard let handle = Handle.of(model), 0..<handle.model.outputCount ~= index else { return nil }
    let place = handle.model.inputCount + index
    return handle.tensors.baseAddress.map { OpaquePointer($0 + place) }
}

@c @implementation
public func ocellus_tensor_name(
    _ tensor: OpaquePointer?, _ text: UnsafeMutablePointer<CChar>?, _ capacity: Int
) -> Int {
    guard let tensor = TensorHandle.of(tensor) else { return copy("", to: text, capacity) }
    return copy(tensor.name, to: text, capacity)
}

@c @implementation
public func ocellus_tensor_type(_ tensor: OpaquePointer?) -> CInt {
    CInt(TensorHandle.of(tensor)?.facts.type.rawValue ?? 0)
}

@c @implementation
public func ocellus_tensor_rank(_ tensor: OpaquePointer?) -> Int { TensorHandle.of(tensor)?.facts.rank ?? 0 }

@c @implementation
public func ocellus_tensor_extent(_ tensor: OpaquePointer?, _ dimension: Int) -> Int {
    TensorHandle.of(tensor)?.facts.extent(dimension) ?? 0
}

@c @implementation
public func ocellus_tensor_bytes(_ tensor: OpaquePointer?) -> Int { TensorHandle.of(tensor)?.facts.byteCount ?? 0 }

@c @implementation
public func ocellus_tensor_scale(_ tensor: OpaquePointer?) -> Float { TensorHandle.of(tensor)?.facts.scale ?? 0 }

@c @implementation
public func ocellus_tensor_zero_point(_ tensor: OpaquePointer?) -> Int32 {
    TensorHandle.of(tensor)?.facts.zeroPoint ?? 0
}

// Of its labels.

@c @implementation
public func ocellus_label_count(_ model: OpaquePointer?) -> Int { Handle.of(model)?.model.labelCount ?? 0 }

@c @implementation
public func ocellus_label(
    _ model: OpaquePointer?, _ label: Int, _ text: UnsafeMutablePointer<CChar>?, _ capacity: Int
) -> Int {
    guard let name = Handle.of(model)?.model.labelText(label) else { return copy("", to: text, capacity) }
    return copy(name, to: text, capacity)
}
