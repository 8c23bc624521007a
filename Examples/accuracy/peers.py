"""The float model, and what other tools make of it."""

import logging

import numpy

# Name: NNCF's preset, or how ONNX Runtime finds ranges.
PEERS = {
    "NNCF": "PERFORMANCE",
    "NNCF mixed": "MIXED",
    "ONNX Runtime": "MinMax",
    "ONNX Runtime percentile": "Percentile",
}


def float_results(file, inputs):
    if file.suffix == ".onnx":
        return list(onnx_results(file, inputs))
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(file), num_threads=2)
    interpreter.allocate_tensors()
    entry, outputs = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()
    results = []
    for pixels in inputs:
        interpreter.set_tensor(entry, pixels)
        interpreter.invoke()
        results.append([interpreter.get_tensor(output["index"]).copy() for output in outputs])
    return results


def onnx_results(file, inputs):
    import onnxruntime

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    for pixels in inputs:
        yield session.run(None, {name: pixels})


def results(peer, file, samples, inputs, folder):
    """None where the peer does not read such a file."""
    if peer.startswith("NNCF"):
        return nncf_results(PEERS[peer], file, samples, inputs)
    return runtime_results(PEERS[peer], file, samples, inputs, folder) if file.suffix == ".onnx" else None


def nncf_results(preset, file, samples, inputs):
    import nncf
    import openvino

    nncf.set_log_level(logging.ERROR)
    core = openvino.Core()
    quantized = nncf.quantize(
        core.read_model(file), nncf.Dataset(samples), preset=nncf.QuantizationPreset[preset], subset_size=len(samples))
    model = core.compile_model(quantized, "CPU")
    for pixels in inputs:
        found = model(pixels)
        yield [found[output] for output in model.outputs]


def runtime_results(method, file, samples, inputs, folder):
    import onnx
    from onnx import version_converter
    from onnxruntime import quantization

    # Weights with a scale a channel need opset 13.
    model = onnx.load(file)
    if next(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")) < 13:
        model = version_converter.convert_version(model, 13)
    whole, target = folder / "opset13.onnx", folder / "runtime.onnx"
    onnx.save(model, whole)

    class Reader(quantization.CalibrationDataReader):
        def __init__(self):
            self.left = iter(samples)

        def get_next(self):
            pixels = next(self.left, None)
            return None if pixels is None else {model.graph.input[0].name: pixels}

    quantization.quantize_static(
        str(whole), str(target), Reader(), per_channel=True,
        calibrate_method=quantization.CalibrationMethod[method])
    return onnx_results(target, inputs)
