import Boards
import Compiler
import Importers
import Kernels
import TestSupport

/// The person sensor, for one kernel set.
/// - Parameter file: the sensor file.
func personBundle(
    _ set: KernelSet = .scalar, threads: Int = 1, file: String = "Examples/person-sensor/sensor.yaml"
) throws -> [UInt8] {
    let sensor = try SensorFile(contentsOf: Checkout.file(file).path)
    return try bundle(of: sensor.model, set, threads: threads, sensor)
}

/// A model of the operator suite.
func operatorBundle(_ name: String, _ set: KernelSet = .scalar, threads: Int = 1) throws -> [UInt8] {
    try bundle(of: OperatorSuite.modelPath(name), set, threads: threads, nil)
}

private func bundle(of path: String, _ set: KernelSet, threads: Int, _ sensor: SensorFile?) throws -> [UInt8] {
    var options = Compiler.Options(board: try BoardProfile.find("host"))
    options.kernelSet = set
    options.threads = threads
    options.sensor = sensor
    return try Compiler(options).compile(TFLiteImporter.readFile(path), origin: "test.tflite", originBytes: []).bundle
}

/// Kernel sets that this machine can run.
let availableSets = KernelSet.allCases.filter(\.isAvailable)
