"""The peers: int8 runtimes behind one face. A peer is a class with

    NAME, FILES        what tables call it; which files of a model's folder (convert.py) it reads
    import_runtime()   imports here, so that a process pays for one runtime alone
    load(threads)      the model ready for inferences
    set(input)         the int8 input of the .tflite model
    run()              one inference
    outputs()          what it gave, as arrays of any type
"""

import json
import pathlib

import numpy as np


class Peer:
    """Reads what the input is; runtimes that want floats get `real(input)`."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        info = json.loads((self.folder / "info.json").read_text())
        self.shape, self.scale, self.zero = info["shape"], info["scale"], info["zero"]
        self.channels_first = info.get("channels_first", False)  # of float inputs

    def real(self, quantized):
        values = ((quantized.astype(np.float32) - self.zero) * np.float32(self.scale)).astype(np.float32)
        return np.ascontiguousarray(values.transpose(0, 3, 1, 2)) if self.channels_first else values


class LiteRT(Peer):
    NAME, FILES = "LiteRT, XNNPACK", ["model.tflite"]
    RESOLVER = "AUTO"

    def import_runtime(self):
        from ai_edge_litert import interpreter

        self.runtime = interpreter

    def load(self, threads):
        resolver = getattr(self.runtime.OpResolverType, self.RESOLVER)
        self.model = self.runtime.Interpreter(
            str(self.folder / "model.tflite"), num_threads=threads, experimental_op_resolver_type=resolver
        )
        self.model.allocate_tensors()
        self.input = self.model.get_input_details()[0]["index"]
        self.run = self.model.invoke

    def set(self, quantized):
        self.model.set_tensor(self.input, quantized)

    def outputs(self):
        return [self.model.get_tensor(output["index"]) for output in self.model.get_output_details()]


class Reference(LiteRT):
    """The arbiter; never timed."""

    RESOLVER = "BUILTIN_REF"


class ONNXRuntime(Peer):
    NAME, FILES = "ONNX Runtime, quantized by it", ["static.onnx"]

    def import_runtime(self):
        import onnxruntime

        self.runtime = onnxruntime

    def load(self, threads):
        options = self.runtime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3
        file = str(self.folder / self.FILES[0])
        self.model = self.runtime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        self.binding = self.model.io_binding()
        self.input = self.model.get_inputs()[0]

    def set(self, quantized):
        value = self.real(quantized) if "float" in self.input.type else quantized
        self.value = self.runtime.OrtValue.ortvalue_from_numpy(value)  # the binding does not keep it
        self.binding.bind_ortvalue_input(self.input.name, self.value)
        for output in self.model.get_outputs():
            self.binding.bind_output(output.name)

    def run(self):
        self.model.run_with_iobinding(self.binding)

    def outputs(self):
        return self.binding.copy_outputs_to_cpu()


class ONNXRuntimeQDQ(ONNXRuntime):
    NAME, FILES = "ONNX Runtime, the model's own numbers", ["qdq.onnx"]


class OpenVINO(Peer):
    NAME, FILES = "OpenVINO, quantized by ONNX Runtime", ["static.onnx"]

    def import_runtime(self):
        import openvino

        self.runtime = openvino

    def load(self, threads):
        settings = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"}
        model = self.runtime.Core().compile_model(str(self.folder / self.FILES[0]), "CPU", settings)
        self.count = len(model.outputs)
        self.request = model.create_infer_request()

    def set(self, quantized):
        data = self.request.get_input_tensor(0).data
        data[...] = (self.real(quantized) if data.dtype == np.float32 else quantized).reshape(data.shape)

    def run(self):
        self.request.start_async()
        self.request.wait()

    def outputs(self):
        return [self.request.get_output_tensor(index).data.copy() for index in range(self.count)]


class OpenVINOTFLite(OpenVINO):
    NAME, FILES = "OpenVINO, the .tflite itself", ["model.tflite"]


class NCNN(Peer):
    NAME, FILES = "ncnn, int8", ["int8.ncnn.param", "int8.ncnn.bin"]

    def import_runtime(self):
        import ncnn

        self.runtime = ncnn

    def load(self, threads):
        self.model = self.runtime.Net()
        self.model.opt.num_threads = threads
        self.model.opt.use_vulkan_compute = False
        for load, file in zip((self.model.load_param, self.model.load_model), self.FILES):
            if load(str(self.folder / file)):
                raise RuntimeError(f"ncnn does not load {file}")
        self.names = self.model.output_names()

    def set(self, quantized):
        values = self.real(quantized)[0]  # a Mat does not keep what it is made of
        self.input = self.runtime.Mat(values).clone()

    def run(self):
        extractor = self.model.create_extractor()
        extractor.input("in0", self.input)
        self.results = [extractor.extract(name)[1] for name in self.names]

    def outputs(self):
        return [np.array(result) for result in self.results]


class MNN(Peer):
    NAME, FILES = "MNN, 8-bit weights", ["model.mnn"]

    def import_runtime(self):
        import MNN as runtime

        self.runtime = runtime

    def load(self, threads):
        self.model = self.runtime.Interpreter(str(self.folder / "model.mnn"))
        settings = {"backend": "CPU", "numThread": threads, "precision": "normal", "memory": "low"}
        self.session = self.model.createSession(settings)
        self.input = self.model.getSessionInput(self.session)

    def tensor(self, array, kind):
        return self.runtime.Tensor(array.shape, self.runtime.Halide_Type_Float, array, kind)

    def set(self, quantized):
        self.input.copyFrom(self.tensor(self.real(quantized), self.input.getDimensionType()))

    def run(self):
        self.model.runSession(self.session)

    def outputs(self):
        results = []
        for tensor in self.model.getSessionOutputAll(self.session).values():
            copy = self.tensor(np.zeros(tensor.getShape(), np.float32), tensor.getDimensionType())
            tensor.copyToHostTensor(copy)
            results.append(np.array(copy.getNumpyData()).reshape(tensor.getShape()))
        return results


# By the names that --peers takes.
PEERS = {
    "litert": LiteRT,
    "onnxruntime": ONNXRuntime,
    "onnxruntime-qdq": ONNXRuntimeQDQ,
    "openvino": OpenVINO,
    "openvino-tflite": OpenVINOTFLite,
    "ncnn": NCNN,
    "mnn": MNN,
}
REFERENCE = "reference"
ALL = PEERS | {REFERENCE: Reference}
