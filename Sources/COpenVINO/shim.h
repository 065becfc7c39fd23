// OpenVINO's C API, unpacked into .deps/openvino by Scripts/setup.
#include <openvino/c/openvino.h>
