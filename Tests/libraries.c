/* One call into each library that Toolchains/make-sysroot.sh brings beside those for pictures. */
#include <MQTTAsync.h>
#include <errno.h>
#include <fcntl.h>
#include <gpiod.h>
#include <libv4l2.h>
#include <stdio.h>

#include <jpeglib.h>

#include <setjmp.h>
#include <string.h>
#include <time.h>

static jmp_buf escape;
static void fail(j_common_ptr common) { longjmp(escape, common->err->msg_code); }

/* libjpeg's own text, with its numbers. */
static int prints_messages(void)
{
    static const unsigned char picture[] = "GIF89a";
    struct jpeg_decompress_struct decoder = {0};
    struct jpeg_error_mgr errors;
    char text[JMSG_LENGTH_MAX] = "";
    decoder.err = jpeg_std_error(&errors);
    errors.error_exit = fail;
    jpeg_create_decompress(&decoder);
    if (setjmp(escape) == 0) {
        jpeg_mem_src(&decoder, picture, sizeof picture);
        jpeg_read_header(&decoder, TRUE);
    } else {
        errors.format_message((j_common_ptr)&decoder, text);
    }
    jpeg_destroy_decompress(&decoder);
    printf("libjpeg: %s\n", text);
    return strstr(text, "Not a JPEG file: starts with 0x47 0x49") != NULL;
}

int main(void)
{
#ifdef GPIOD_API
    printf("libgpiod %s\n", gpiod_version_string());
#else
    printf("libgpiod %s\n", gpiod_api_version());
#endif
    int camera = v4l2_open("/nowhere", O_RDWR);
    printf("libv4l2 %s\n", camera < 0 && errno == ENOENT ? "finds no camera" : "is wrong");
    for (MQTTAsync_nameValue *info = MQTTAsync_getVersionInfo(); info->name; info++) {
        printf("%s %s\n", info->name, info->value);
    }
    MQTTAsync client;
    int made = MQTTAsync_create(&client, "tcp://127.0.0.1:1", "test", MQTTCLIENT_PERSISTENCE_NONE, NULL);
    printf("client %d, time_t %zu bytes\n", made, sizeof(time_t));
    if (made == MQTTASYNC_SUCCESS) {
        MQTTAsync_destroy(&client);
    }
    return made != MQTTASYNC_SUCCESS || camera >= 0 || !prints_messages();
}
