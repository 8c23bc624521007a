/* One call into each library that Toolchains/make-sysroot.sh brings beside those for pictures. */
#include <MQTTAsync.h>
#include <errno.h>
#include <fcntl.h>
#include <gpiod.h>
#include <libv4l2.h>
#include <stdio.h>
#include <time.h>

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
    return made != MQTTASYNC_SUCCESS || camera >= 0;
}
