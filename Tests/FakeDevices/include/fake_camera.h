/* A camera driver in memory, for tests: nodes that come and go, frames when the test says so, errors at every call. */
#ifndef FAKE_CAMERA_H
#define FAKE_CAMERA_H

#include <oc_v4l2.h>
#include <stdint.h>

/* Installs the driver, without nodes, formats, errors and open files. */
void fake_camera_begin(void);
/* Takes it out again: files still open, or buffers still mapped. */
int fake_camera_end(void);

/* A node `.../videoN`; `capabilities` as V4L2_CAP_*. */
void fake_camera_plug(int number, const char *card, const char *bus, const char *driver, uint32_t capabilities);
/* The node goes; open files give ENODEV from now on. */
void fake_camera_unplug(int number);

/* Formats and sizes that every node has. `rate` in frames a second. */
void fake_camera_mode(const char *code, uint32_t width, uint32_t height, uint32_t rate);
/* Bytes from row to row beyond the row itself, in every format. */
void fake_camera_pad(uint32_t bytes);
/* From here on the driver says 0 bytes for a row and for a frame. */
void fake_camera_hide_sizes(void);
/* From here on the driver gives another size than asked for. */
void fake_camera_force_size(uint32_t width, uint32_t height);

/* A frame whose bytes are all `value`, `missing` bytes short, maybe marked as damaged. 0: no buffer was free. */
int fake_camera_frame(uint8_t value, uint32_t missing, int damaged);
/* A frame of these bytes. */
int fake_camera_frame_of(const void *bytes, uint32_t count);
int fake_camera_is_streaming(void);

/* The next `times` calls of an ioctl (VIDIOC_*) fail; request 0 is open. */
void fake_camera_fail(unsigned long request, int times, int error);
/* poll reports a hang-up, and calls fail with `error` until the stream is stopped. */
void fake_camera_break(int error);

/* The value of the one control "Exposure Time, Absolute", and of the menu "Power Line Frequency". */
int64_t fake_camera_exposure(void);
int64_t fake_camera_power_line(void);

/* ioctl numbers that Swift does not see. */
unsigned long fake_request(const char *name);
enum { FAKE_CAPTURE = 1, FAKE_STREAMING = 0x04000000, FAKE_METADATA = 0x00800000, FAKE_MEDIA = 0x20000000 };

#endif
