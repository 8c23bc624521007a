# The sensor of Tests/Data/every-detector.yaml; sourced by tests, in the project's folder.

# detector_sensor PROGRAMS FOLDER: puts it there with its model and its second model's bundle, as every-detector.yaml.
detector_sensor() {
    mkdir -p "$2/models"
    cp Tests/Data/models/blobs.onnx Tests/Data/models/shades.onnx "$2/models/"
    cp Tests/Data/every-detector.yaml Tests/Data/shades.yaml "$2/"
    "$1/ocellus" build "$2/shades.yaml" --board generic-x86-64 --kernels scalar -q -o "$2/shades.ocellus"
}
