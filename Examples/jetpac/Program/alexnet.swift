// alexnet FILE: writes a Jetpac network of AlexNet's shape, whose weights are a formula's: it has learned nothing, but costs what a
// trained one costs.
//
// alexnet FEATURES OTHERS: prints the cosine between two files of float32.
import Foundation
import JetpacWriter

func fail(_ message: String, _ code: Int32) -> Never {
    FileHandle.standardError.write(Data("\(message)\n".utf8))
    exit(code)
}

func reals(_ path: String) throws -> [Double] {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    guard data.count % 4 == 0, !data.isEmpty else { fail("alexnet: \(path): no file of float32", 1) }
    return data.withUnsafeBytes { bytes in
        stride(from: 0, to: bytes.count, by: 4).map {
            Double(Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self))))
        }
    }
}

func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

let arguments = CommandLine.arguments.dropFirst()
do {
    switch arguments.count {
    case 1:
        let labels = (0..<999).map { "category number " + String(format: "%03d", $0) }
        try Data(Network.alexNet(labels: labels)).write(to: URL(fileURLWithPath: arguments[1]))
    case 2:
        let (a, b) = (try reals(arguments[1]), try reals(arguments[2]))
        guard a.count == b.count else { fail("alexnet: \(a.count) numbers and \(b.count)", 1) }
        print(String(format: "%.5f", product(a, b) / (product(a, a) * product(b, b)).squareRoot()))
    default: fail("usage: alexnet FILE | alexnet FEATURES OTHERS", 64)
    }
} catch {
    fail("alexnet: \(error.localizedDescription)", 1)
}
