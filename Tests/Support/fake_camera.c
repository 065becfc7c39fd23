// A camera for programs that run with this library in LD_PRELOAD: /dev/video0 gives YUYV pictures of
// any size, gray, each a little brighter than the last, 25 a second.
//
//   FAKE_CAMERA_STALLS=N   after N pictures it gives no more
//   FAKE_CAMERA_VANISHES=N after N pictures it is gone until it is opened again
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { BUFFERS = 4, RATE = 25 };

static int camera = -1;
static unsigned width = 320, height = 240;
static unsigned char *memory;
static int queue[BUFFERS], queued;
static int delivered;
static double last;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static int limit(const char *name) {
  const char *value = getenv(name);
  return value ? atoi(value) : -1;
}

static int is_camera(const char *path) { return strcmp(path, "/dev/video0") == 0; }

static unsigned size(void) { return width * height * 2; }

// What a buffer takes: mapping goes by pages.
static unsigned slot(void) { return (size() + 4095) / 4096 * 4096; }

static int fail(int error) {
  errno = error;
  return -1;
}

static int open_camera(void) {
  // Opened twice, a camera is busy.
  if (camera >= 0) return fail(EBUSY);
  camera = memfd_create("camera", MFD_CLOEXEC);
  queued = delivered = 0;
  return camera;
}

int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  int mode = va_arg(arguments, int);
  va_end(arguments);
  if (is_camera(path)) return open_camera();
  return ((int (*)(const char *, int, int))dlsym(RTLD_NEXT, "open"))(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  int mode = va_arg(arguments, int);
  va_end(arguments);
  if (is_camera(path)) return open_camera();
  return ((int (*)(const char *, int, int))dlsym(RTLD_NEXT, "open64"))(path, flags, mode);
}

int access(const char *path, int mode) {
  if (is_camera(path)) return 0;
  return ((int (*)(const char *, int))dlsym(RTLD_NEXT, "access"))(path, mode);
}

int close(int descriptor) {
  if (descriptor == camera) camera = -1;
  return ((int (*)(int))dlsym(RTLD_NEXT, "close"))(descriptor);
}

static void describe(struct v4l2_format *format) {
  struct v4l2_pix_format *picture = &format->fmt.pix;
  picture->width = width;
  picture->height = height;
  picture->pixelformat = V4L2_PIX_FMT_YUYV;
  picture->field = V4L2_FIELD_NONE;
  picture->bytesperline = width * 2;
  picture->sizeimage = size();
}

static int take_picture(struct v4l2_buffer *buffer) {
  if (delivered == limit("FAKE_CAMERA_VANISHES")) return fail(ENODEV);
  if (delivered == limit("FAKE_CAMERA_STALLS") || queued == 0) return fail(EAGAIN);
  if (now() < last + 1.0 / RATE) return fail(EAGAIN);
  last = now();
  int index = queue[0];
  memmove(queue, queue + 1, --queued * sizeof *queue);
  for (unsigned i = 0; i < size(); i += 2) {
    memory[index * slot() + i] = 16 + delivered % 200;
    memory[index * slot() + i + 1] = 128;
  }
  delivered++;
  buffer->index = index;
  buffer->bytesused = size();
  buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
  buffer->timestamp.tv_sec = (long)last;
  buffer->timestamp.tv_usec = (long)((last - (long)last) * 1e6);
  return 0;
}

static int answer(unsigned long request, void *argument) {
  switch ((unsigned)request) {
    case (unsigned)VIDIOC_QUERYCAP: {
      struct v4l2_capability *capability = argument;
      capability->capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
      return 0;
    }
    case (unsigned)VIDIOC_G_INPUT: *(int *)argument = 0; return 0;
    case (unsigned)VIDIOC_ENUMINPUT: return ((struct v4l2_input *)argument)->index == 0 ? 0 : fail(EINVAL);
    case (unsigned)VIDIOC_G_FMT: describe(argument); return 0;
    case (unsigned)VIDIOC_S_FMT: {
      struct v4l2_pix_format *picture = &((struct v4l2_format *)argument)->fmt.pix;
      if (picture->width && picture->height) width = picture->width, height = picture->height;
      describe(argument);
      return 0;
    }
    case (unsigned)VIDIOC_G_PARM:
    case (unsigned)VIDIOC_S_PARM: {
      struct v4l2_captureparm *capture = &((struct v4l2_streamparm *)argument)->parm.capture;
      capture->capability = V4L2_CAP_TIMEPERFRAME;
      capture->timeperframe.numerator = 1;
      capture->timeperframe.denominator = RATE;
      return 0;
    }
    case (unsigned)VIDIOC_REQBUFS: {
      ((struct v4l2_requestbuffers *)argument)->count = BUFFERS;
      if (ftruncate(camera, BUFFERS * slot()) != 0) return -1;
      memory = mmap(NULL, BUFFERS * slot(), PROT_READ | PROT_WRITE, MAP_SHARED, camera, 0);
      return memory == MAP_FAILED ? -1 : 0;
    }
    case (unsigned)VIDIOC_QUERYBUF: {
      struct v4l2_buffer *buffer = argument;
      buffer->length = size();
      buffer->m.offset = buffer->index * slot();
      return 0;
    }
    case (unsigned)VIDIOC_QBUF: queue[queued++] = ((struct v4l2_buffer *)argument)->index; return 0;
    case (unsigned)VIDIOC_DQBUF: return take_picture(argument);
    case (unsigned)VIDIOC_STREAMON:
    case (unsigned)VIDIOC_STREAMOFF: return 0;
    default: return fail(ENOTTY);
  }
}

int ioctl(int descriptor, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  if (descriptor == camera) return answer(request, argument);
  return ((int (*)(int, unsigned long, void *))dlsym(RTLD_NEXT, "ioctl"))(
      descriptor, request, argument);
}
