/* What the parts of these devices share. */
#ifndef DEVICES_H
#define DEVICES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The C library's own. */
extern int (*real_open)(const char *, int, ...);
extern int (*real_close)(int);
extern int (*real_ioctl)(int, unsigned long, ...);
extern ssize_t (*real_read)(int, void *, size_t);
extern void *(*real_mmap)(void *, size_t, int, int, int, off_t);

int device_file(const char *name, int flags);              /* of the folder */
int device_fail(int error);                                /* as a call that fails: -1 */
void device_note(const char *format, ...) __attribute__((format(printf, 1, 2))); /* into `log` */

int camera_open(void);
int camera_is(int fd);
int camera_memory(void);                                   /* what its buffers are mapped from */
int camera_serve(unsigned long request, void *argument);
void camera_close(void);

int chip_open(void);
int chip_is(int fd);
int chip_serve(unsigned long request, void *argument);
int line_of(int fd);                                       /* below 0: none */
int line_serve(int line, unsigned long request, void *argument);
ssize_t line_read(int line, void *to);
void chip_close(int fd);                                   /* or a line */

#endif
