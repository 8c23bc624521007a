import CLinux

/// A failed system call: Linux's error number.
public struct Errno: Error, Equatable, Sendable {
    /// As in errno.h, above 0.
    public let code: Int32

    public init(_ code: Int32) { self.code = code }

    /// The number in English words, for example "No such file or directory". Lives for ever.
    public var text: UnsafePointer<CChar> { oc_error_text(code) }

    /// `text` as a string.
    public var description: String {
        @inline(never) get { String(cString: oc_error_text(code)) }
    }

    public static var noEntry: Errno { Errno(Int32(OC_ENOENT)) }
    public static var inputOutput: Errno { Errno(Int32(OC_EIO)) }
    public static var again: Errno { Errno(Int32(OC_EAGAIN)) }
    public static var noMemory: Errno { Errno(Int32(OC_ENOMEM)) }
    public static var isFolder: Errno { Errno(Int32(OC_EISDIR)) }
    public static var invalid: Errno { Errno(Int32(OC_EINVAL)) }
    public static var noDevice: Errno { Errno(Int32(OC_ENODEV)) }
    public static var noDeviceOrAddress: Errno { Errno(Int32(OC_ENXIO)) }
    public static var busy: Errno { Errno(Int32(OC_EBUSY)) }
    public static var noAccess: Errno { Errno(Int32(OC_EACCES)) }
    public static var notPermitted: Errno { Errno(Int32(OC_EPERM)) }
    public static var timedOut: Errno { Errno(Int32(OC_ETIMEDOUT)) }
    public static var inUse: Errno { Errno(Int32(OC_EADDRINUSE)) }
    public static var exists: Errno { Errno(Int32(OC_EEXIST)) }
    public static var isNoFolder: Errno { Errno(Int32(OC_ENOTDIR)) }
    public static var quota: Errno { Errno(Int32(OC_EDQUOT)) }
    public static var noSpace: Errno { Errno(Int32(OC_ENOSPC)) }
    public static var badDescriptor: Errno { Errno(Int32(OC_EBADF)) }
    public static var brokenPipe: Errno { Errno(Int32(OC_EPIPE)) }
    public static var connectionReset: Errno { Errno(Int32(OC_ECONNRESET)) }
}

/// The result of a call of `CLinux`, or its error.
@inline(__always)
func checked(_ result: Int32) throws(Errno) -> Int32 {
    guard result >= 0 else { throw Errno(0 &- result) }
    return result
}

@inline(__always)
func checked(_ result: Int64) throws(Errno) -> Int {
    guard result >= 0 else { throw Errno(Int32(truncatingIfNeeded: 0 &- result)) }
    return Int(truncatingIfNeeded: result)
}
