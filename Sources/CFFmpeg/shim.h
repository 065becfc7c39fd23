// The parts of FFmpeg that Media uses, with the few macros and unions that Swift cannot import
// spelled out as static functions.
#ifndef CFFMPEG_SHIM_H
#define CFFMPEG_SHIM_H

#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavcodec/bsf.h>
#include <libavdevice/avdevice.h>
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/mathematics.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libavutil/time.h>
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

// --- Input ---------------------------------------------------------------------------------------

// The 3x3 matrix that says how a stream or a frame is turned for display; NULL if there is none.
static inline const int32_t *cff_stream_display_matrix(const AVStream *stream) {
#if LIBAVFORMAT_VERSION_MAJOR >= 61
  const AVPacketSideData *data =
      av_packet_side_data_get(stream->codecpar->coded_side_data, stream->codecpar->nb_coded_side_data,
                              AV_PKT_DATA_DISPLAYMATRIX);
  return data && data->size >= 9 * sizeof(int32_t) ? (const int32_t *)data->data : NULL;
#else
  size_t size = 0;
  const uint8_t *data = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  return data && size >= 9 * sizeof(int32_t) ? (const int32_t *)data : NULL;
#endif
}

static inline const int32_t *cff_frame_display_matrix(const AVFrame *frame) {
  const AVFrameSideData *data = av_frame_get_side_data(frame, AV_FRAME_DATA_DISPLAYMATRIX);
  return data && data->size >= 9 * sizeof(int32_t) ? (const int32_t *)data->data : NULL;
}

// Tells a filter graph's source what the frames sent to it look like. The colour fields came with
// FFmpeg 7; before, the graph takes them from each frame.
static inline int cff_buffersrc_describe(AVFilterContext *source, const AVFrame *frame,
                                         AVRational time_base) {
  AVBufferSrcParameters *parameters = av_buffersrc_parameters_alloc();
  if (!parameters) return AVERROR(ENOMEM);
  parameters->format = frame->format;
  parameters->width = frame->width;
  parameters->height = frame->height;
  parameters->time_base = time_base;
  parameters->sample_aspect_ratio = frame->sample_aspect_ratio;
#if LIBAVFILTER_VERSION_MAJOR >= 10
  parameters->color_space = frame->colorspace;
  parameters->color_range = frame->color_range;
#endif
  int result = av_buffersrc_parameters_set(source, parameters);
  av_free(parameters);
  return result;
}

#endif
