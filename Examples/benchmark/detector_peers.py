"""The peers of peers.py as detectors.sh runs them: they also tell

    views()     the outputs where they lie, without a copy; good until the next run
    scales()    of each output scale and zero point, (0, 0) of a float one
"""

import numpy as np

import peers


class LiteRT(peers.LiteRT):
    def load(self, threads):
        super().load(threads)
        details = self.model.get_output_details()
        self.tensors = [self.model.tensor(detail["index"]) for detail in details]
        self.quantization = [detail["quantization"] for detail in details]

    def views(self):
        return [tensor() for tensor in self.tensors]

    def scales(self):
        return self.quantization


class Reference(LiteRT):
    RESOLVER = "BUILTIN_REF"


class ONNXRuntime(peers.ONNXRuntime):
    def set(self, quantized):
        super().set(quantized)
        self.results = []
        for output in self.model.get_outputs():
            kind = np.float32 if "float" in output.type else np.int8 if "uint8" not in output.type else np.uint8
            array = np.zeros(output.shape, kind)
            self.binding.bind_output(output.name, "cpu", 0, kind, array.shape, array.ctypes.data)
            self.results.append(array)

    def views(self):
        return self.results

    def scales(self):
        return [(0, 0)] * len(self.results)


class ONNXRuntimeQDQ(ONNXRuntime):
    """Its outputs are bytes, with the scales of the model."""

    NAME, FILES = "ONNX Runtime, the model's own numbers", ["qdq.onnx"]

    def scales(self):
        found = litert_scales(self.folder / "model.tflite")
        return [found[output.name] for output in self.model.get_outputs()]


class OpenVINO(peers.OpenVINO):
    def load(self, threads):
        super().load(threads)
        self.results = None

    def views(self):
        # They stay where they are.
        if self.results is None:
            self.results = [self.request.get_output_tensor(index).data for index in range(self.count)]
        return self.results

    def scales(self):
        return [(0, 0)] * self.count


class OpenVINOTFLite(OpenVINO):
    NAME, FILES = "OpenVINO, the .tflite itself", ["model.tflite"]

    def scales(self):
        found = litert_scales(self.folder / "model.tflite")
        return [found[next(iter(port.get_names() & found.keys()))] for port in self.request.model_outputs]


class OpenVINONNCF(OpenVINO):
    NAME, FILES = "OpenVINO, quantized by NNCF", ["nncf.xml"]


class NCNN(peers.NCNN):
    def views(self):
        return [np.asarray(result) for result in self.results]

    def scales(self):
        return [(0, 0)] * len(self.results)


def litert_scales(path):
    from ai_edge_litert.interpreter import Interpreter

    return {detail["name"]: detail["quantization"] for detail in Interpreter(str(path)).get_output_details()}


PEERS = {
    "litert": LiteRT,
    "onnxruntime": ONNXRuntime,
    "onnxruntime-qdq": ONNXRuntimeQDQ,
    "openvino": OpenVINO,
    "openvino-tflite": OpenVINOTFLite,
    "openvino-nncf": OpenVINONNCF,
    "ncnn": NCNN,
    "reference": Reference,
}
