// swift-format-ignore-file: AlwaysUseLowerCamelCase
// Functions have the names of ocellus.h.

import COcellus
import Ocellus
import System

@c @implementation
public func ocellus_write(_ model: OpaquePointer?, _ input: Int, _ bytes: UnsafeRawPointer?, _ length: Int) -> CInt {
    guard let handle = Handle.of(model) else { return -1 }
    return handle.attempt { (handle) throws(ModelError) in
        try handle.model.write(checked(bytes, length).bytes, toInput: input)
    }
}

@c @implementation
public func ocellus_write_picture(
    _ model: OpaquePointer?, _ format: CInt, _ bytes: UnsafeRawPointer?, _ length: Int, _ width: Int, _ height: Int,
    _ stride: Int
) -> CInt {
    guard let handle = Handle.of(model) else { return -1 }
    return handle.attempt { (handle) throws(ModelError) in
        guard let format = PixelFormat(rawValue: Int(format)) else {
            throw ModelError("this library knows no pixel format \(format)")
        }
        try handle.model.write(
            picture: checked(bytes, length).bytes, format, width: width, height: height,
            stride: stride == 0 ? nil : stride)
    }
}

@c @implementation
public func ocellus_run(_ model: OpaquePointer?) -> CInt {
    guard let handle = Handle.of(model) else { return -1 }
    return handle.attempt { (handle) throws(ModelError) in try handle.model.run() }
}

@c @implementation
public func ocellus_read(
    _ model: OpaquePointer?, _ output: Int, _ bytes: UnsafeMutableRawPointer?, _ length: Int
) -> CInt {
    guard let handle = Handle.of(model) else { return -1 }
    return handle.attempt { (handle) throws(ModelError) in
        var room = UnsafeMutableRawBufferPointer(mutating: try checked(bytes, length)).mutableBytes
        try handle.model.read(output: output, into: &room)
    }
}

@c @implementation
public func ocellus_top(
    _ model: OpaquePointer?, _ labels: UnsafeMutablePointer<Int>?, _ scores: UnsafeMutablePointer<Float>?,
    _ count: Int
) -> CInt {
    guard let handle = Handle.of(model) else { return -1 }
    guard labels != nil || scores != nil else { return handle.fail("both arrays are NULL") }
    var filled = 0
    let code = handle.attempt { (handle) throws(ModelError) in
        let wanted = max(0, min(count, handle.ranking.count))
        var best = UnsafeMutableBufferPointer(rebasing: handle.ranking[..<wanted]).mutableSpan
        filled = try handle.model.top(into: &best)
        for place in 0..<filled {
            labels?[place] = handle.ranking[place].label
            scores?[place] = handle.ranking[place].score
        }
    }
    return code < 0 ? code : CInt(clamping: filled)
}
