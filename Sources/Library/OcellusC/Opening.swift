// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Functions have the names of ocellus.h.

import Bundle
import COcellus
import Ocellus
import System

@c @implementation
public func ocellus_version() -> UnsafePointer<CChar>? {
    UnsafeRawPointer(productVersion.utf8Start).assumingMemoryBound(to: CChar.self)
}

@c @implementation
public func ocellus_open(
    _ path: UnsafePointer<CChar>?, _ threads: UInt32, _ flags: UInt32, _ error: UnsafeMutablePointer<CChar>?,
    _ capacity: Int
) -> OpaquePointer? {
    open(error, capacity) { () throws(ModelError) in
        guard let path else { throw ModelError("the path is NULL") }
        let repacks = try checked(flags, allowed: UInt32(OCELLUS_REPACK))
        return try Model(Path(cString: path), threads: checked(threads: threads), repacks: repacks)
    }
}

@c @implementation
public func ocellus_open_memory(
    _ bytes: UnsafeRawPointer?, _ length: Int, _ threads: UInt32, _ flags: UInt32,
    _ error: UnsafeMutablePointer<CChar>?, _ capacity: Int
) -> OpaquePointer? {
    open(error, capacity) { () throws(ModelError) in
        let bytes = try checked(bytes, length)
        let repacks = try checked(flags, allowed: UInt32(OCELLUS_REPACK | OCELLUS_BORROW))
        let threads = checked(threads: threads)
        return flags & UInt32(OCELLUS_BORROW) != 0
            ? try Model(borrowing: bytes, threads: threads, repacks: repacks)
            : try Model(copying: bytes.bytes, threads: threads, repacks: repacks)
    }
}

@c @implementation
public func ocellus_close(_ model: OpaquePointer?) {
    guard let model else { return }
    Unmanaged<Handle>.fromOpaque(UnsafeRawPointer(model)).release()
}

@c @implementation
public func ocellus_error(_ model: OpaquePointer?) -> UnsafePointer<CChar>? {
    guard let handle = Handle.of(model) else { return noModel }
    return UnsafePointer(handle.error)
}

/// What a model that is none has to say. Terminated, and lives for ever.
private var noModel: UnsafePointer<CChar> {
    let text: StaticString = "the model is NULL"
    return UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}

private func open(
    _ error: UnsafeMutablePointer<CChar>?, _ capacity: Int, _ make: () throws(ModelError) -> Model
) -> OpaquePointer? {
    let message: String
    do throws(ModelError) {
        let handle = Handle(try make())
        _ = copy("", to: error, capacity)
        return OpaquePointer(Unmanaged.passRetained(handle).toOpaque())
    } catch {
        message = error.message
    }
    _ = copy(message.utf8, to: error, capacity)
    return nil
}

/// - Returns: whether bundles are packed again.
private func checked(_ flags: UInt32, allowed: UInt32) throws(ModelError) -> Bool {
    guard flags & ~allowed == 0 else {
        throw ModelError("flags \(flags) are unknown to this library or to this function")
    }
    return flags & UInt32(OCELLUS_REPACK) != 0
}

/// 0 stands for the bundle's own.
private func checked(threads: UInt32) -> Int? { threads == 0 ? nil : Int(clamping: threads) }

/// Bytes that C names by two numbers.
func checked(_ bytes: UnsafeRawPointer?, _ length: Int) throws(ModelError) -> UnsafeRawBufferPointer {
    guard length >= 0 else { throw ModelError("a length of more than half the memory there can be") }
    guard let bytes else {
        guard length == 0 else { throw ModelError("the bytes are NULL") }
        return UnsafeRawBufferPointer(start: nil, count: 0)
    }
    return UnsafeRawBufferPointer(start: bytes, count: length)
}
