#include "fake_driver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint32_t code_of(const char *text) { return v4l2_fourcc(text[0], text[1], text[2], text[3]); }

void fake_camera_begin(void) {
    pthread_mutex_lock(&fake.lock);
    memset(fake.nodes, 0, sizeof fake.nodes);
    memset(fake.failures, 0, sizeof fake.failures);
    fake.mode_count = fake.hides_sizes = 0;
    fake.padding = fake.forced_width = fake.forced_height = 0;
    fake.exposure = fake.power_line = -1;
    pthread_mutex_unlock(&fake.lock);
    oc_v4l2_use(&fake_driver_calls);
}

int fake_camera_end(void) {
    int left = 0;
    pthread_mutex_lock(&fake.lock);
    for (int i = 0; i < FILES; i++) {
        left += fake.files[i].used;
        for (int b = 0; b < BUFFERS; b++)
            left += fake.files[i].mapped[b];
    }
    pthread_mutex_unlock(&fake.lock);
    oc_v4l2_use(NULL);
    return left;
}

void fake_camera_plug(int number, const char *card, const char *bus, const char *driver, uint32_t capabilities) {
    pthread_mutex_lock(&fake.lock);
    for (int n = 0; n < NODES; n++)
        if (!fake.nodes[n].present) {
            fake.nodes[n] = (struct node){1, number, capabilities, ++fake.generation};
            strncpy(fake.nodes[n].card, card, sizeof fake.nodes[n].card - 1);
            strncpy(fake.nodes[n].bus, bus, sizeof fake.nodes[n].bus - 1);
            strncpy(fake.nodes[n].driver, driver, sizeof fake.nodes[n].driver - 1);
            break;
        }
    pthread_mutex_unlock(&fake.lock);
}

static void hang_up(struct file *file, int error) {
    file->broken = error;
    if (file->far >= 0)
        close(file->far);
    file->far = -1;
}

void fake_camera_unplug(int number) {
    pthread_mutex_lock(&fake.lock);
    for (int n = 0; n < NODES; n++)
        if (fake.nodes[n].present && fake.nodes[n].number == number) {
            fake.nodes[n].present = 0;
            for (int i = 0; i < FILES; i++)
                if (fake.files[i].used && fake.files[i].node == n)
                    hang_up(&fake.files[i], ENODEV);
        }
    pthread_mutex_unlock(&fake.lock);
}

void fake_camera_mode(const char *code, uint32_t width, uint32_t height, uint32_t rate) {
    fake.modes[fake.mode_count].code = code_of(code);
    fake.modes[fake.mode_count].width = width;
    fake.modes[fake.mode_count].height = height;
    fake.modes[fake.mode_count++].rate = rate;
}

void fake_camera_pad(uint32_t bytes) { fake.padding = bytes; }

void fake_camera_hide_sizes(void) { fake.hides_sizes = 1; }

void fake_camera_force_size(uint32_t width, uint32_t height) {
    pthread_mutex_lock(&fake.lock);
    fake.forced_width = width;
    fake.forced_height = height;
    pthread_mutex_unlock(&fake.lock);
}

static int deliver(const void *bytes, uint8_t value, uint32_t count, uint32_t missing, int damaged) {
    int done = 0;
    pthread_mutex_lock(&fake.lock);
    for (int i = 0; i < FILES; i++) {
        struct file *file = &fake.files[i];
        if (!file->used || !file->streaming || file->broken || !fake.nodes[file->node].present)
            continue;
        int first = -1;
        for (uint32_t b = 0; b < file->count; b++)
            if (file->queued[b] && (first < 0 || file->queued[b] < file->queued[first]))
                first = (int)b;
        file->sequence++;
        if (first < 0)
            continue;
        file->queued[first] = 0;
        if (bytes)
            memcpy(file->buffers[first], bytes, count < file->size ? count : file->size);
        else
            memset(file->buffers[first], value, file->size);
        file->used_bytes[first] = bytes ? count : missing < file->size ? file->size - missing : 0;
        file->flags[first] = damaged ? V4L2_BUF_FLAG_ERROR : 0;
        file->sequences[first] = file->sequence;
        file->done[file->done_count++] = first;
        done += write(file->far, "", 1) == 1;
    }
    pthread_mutex_unlock(&fake.lock);
    return done;
}

int fake_camera_frame(uint8_t value, uint32_t missing, int damaged) { return deliver(NULL, value, 0, missing, damaged); }
int fake_camera_frame_of(const void *bytes, uint32_t count) { return deliver(bytes, 0, count, 0, 0); }

int fake_camera_is_streaming(void) {
    int streaming = 0;
    pthread_mutex_lock(&fake.lock);
    for (int i = 0; i < FILES; i++)
        streaming += fake.files[i].used && fake.files[i].streaming;
    pthread_mutex_unlock(&fake.lock);
    return streaming;
}

void fake_camera_fail(unsigned long request, int times, int error) {
    pthread_mutex_lock(&fake.lock);
    for (int i = 0; i < FAILURES; i++)
        if (fake.failures[i].times == 0) {
            fake.failures[i].request = request;
            fake.failures[i].times = times;
            fake.failures[i].error = error;
            break;
        }
    pthread_mutex_unlock(&fake.lock);
}

void fake_camera_break(int error) {
    pthread_mutex_lock(&fake.lock);
    for (int i = 0; i < FILES; i++)
        if (fake.files[i].used && fake.files[i].streaming)
            hang_up(&fake.files[i], error);
    pthread_mutex_unlock(&fake.lock);
}

int64_t fake_camera_exposure(void) { return fake.exposure; }
int64_t fake_camera_power_line(void) { return fake.power_line; }

unsigned long fake_request(const char *name) {
    static const struct { const char *name; unsigned long request; } all[] = {
        {"open", 0}, {"QUERYCAP", VIDIOC_QUERYCAP}, {"S_FMT", VIDIOC_S_FMT}, {"REQBUFS", VIDIOC_REQBUFS},
        {"QUERYBUF", VIDIOC_QUERYBUF}, {"QBUF", VIDIOC_QBUF}, {"DQBUF", VIDIOC_DQBUF}, {"STREAMON", VIDIOC_STREAMON},
        {"G_FMT", VIDIOC_G_FMT}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (!strcmp(all[i].name, name))
            return all[i].request;
    abort();
}
