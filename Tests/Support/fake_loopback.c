// A v4l2loopback device for programs that run with this library in LD_PRELOAD: /dev/video9 takes 4:2:0
// pictures of 8 bits and nothing else, and keeps them in the file that FAKE_LOOPBACK names.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

static int device = -1;

int open64(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  int mode = va_arg(arguments, int);
  va_end(arguments);
  int (*original)(const char *, int, int) = dlsym(RTLD_NEXT, "open64");
  if (strcmp(path, "/dev/video9") != 0) return original(path, flags, mode);
  return device = original(getenv("FAKE_LOOPBACK"), O_RDWR | O_CREAT | O_TRUNC, 0600);
}

// What the C library makes of open64 without a mode.
int __open64_2(const char *path, int flags) { return open64(path, flags); }

int ioctl(int descriptor, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  if (descriptor != device || device < 0) {
    return ((int (*)(int, unsigned long, void *))dlsym(RTLD_NEXT, "ioctl"))(
        descriptor, request, argument);
  }
  const struct v4l2_format *format = argument;
  int is_output = format->type == V4L2_BUF_TYPE_VIDEO_OUTPUT;
  if (request == VIDIOC_G_FMT && is_output) return 0;
  if (request == VIDIOC_S_FMT && is_output &&
      format->fmt.pix.pixelformat == V4L2_PIX_FMT_YUV420) {
    return 0;
  }
  errno = EINVAL;
  return -1;
}
