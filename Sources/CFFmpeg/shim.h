// The parts of FFmpeg that Media uses, with the few macros and unions that Swift cannot import
// spelled out as static functions.
#ifndef CFFMPEG_SHIM_H
#define CFFMPEG_SHIM_H

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavdevice/avdevice.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavformat/avformat.h>
#include <libavutil/audio_fifo.h>
#include <libavutil/avutil.h>
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/mathematics.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

// Error codes: macros in C.
static inline int cff_error(int posix) { return AVERROR(posix); }
static inline int cff_error_eof(void) { return AVERROR_EOF; }
static inline int cff_error_exit(void) { return AVERROR_EXIT; }
static inline int cff_error_invalid_data(void) { return AVERROR_INVALIDDATA; }

// "No time": the macro is an unsigned literal that Swift does not import.
static inline int64_t cff_no_pts(void) { return AV_NOPTS_VALUE; }

// The arrays data[] and linesize[] of a frame, which Swift sees as tuples.
static inline uint8_t *cff_frame_plane(const AVFrame *frame, int index) { return frame->data[index]; }
static inline int cff_frame_stride(const AVFrame *frame, int index) { return frame->linesize[index]; }

// Output.
#include <libavcodec/bsf.h>

#endif
