# The golden models; sourced by scripts that run in the project's folder.

# Paths of those that are there, small ones first.
golden_models() {
    echo Examples/person-sensor/person_detect.tflite
    echo Tests/Data/models/blazeface_short_int8.tflite
    local name folder
    for name in mobilenet_v1 mobilenet_v2 efficientnet_lite0; do
        for folder in "${OCELLUS_MODELS:-.build-models}" .build-models; do
            if [ -r "$folder/${name}_int8.tflite" ]; then
                echo "$folder/${name}_int8.tflite"
                break
            fi
        done
    done
}

# A model's name from its path: blazeface_short for Tests/Data/models/blazeface_short_int8.tflite.
model_name() { basename "${1%_int8.tflite}" .tflite; }
