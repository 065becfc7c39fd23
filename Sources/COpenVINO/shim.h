// OpenVINO's C API, unpacked into .deps/openvino by Scripts/setup.
#include <openvino/c/openvino.h>
// glibc's malloc_trim, which Swift's own Glibc module leaves out.
#include <malloc.h>
