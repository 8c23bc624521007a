/* What oc_mqtt.c and oc_mqtt_answers.c share: the client, and what Paho's threads call. */
#ifndef OC_MQTT_INTERNAL_H
#define OC_MQTT_INTERNAL_H

#include "oc_mqtt.h"

#include <MQTTAsync.h>
#include <pthread.h>

/* Messages that come may fill so many entries; the rest is kept for answers to what was asked, of which there are no
 * more than the one who asks lets be under way. */
enum { ENTRIES = 256, MESSAGE_ENTRIES = 128, ATTEMPTS = 16 };

/* What Paho's threads get as their context. Paho may be inside a call back while its handle is destroyed, so contexts
 * are never freed, and only used again many connections later. */
typedef struct attempt {
    struct oc_mqtt *owner;
    uint32_t generation;
} attempt;

struct oc_mqtt {
    pthread_mutex_t mutex;
    MQTTAsync handle;
    char host[256];
    int fd;
    int version;
    uint32_t generation;
    size_t first, used;
    attempt attempts[ATTEMPTS];
    oc_mqtt_event ring[ENTRIES];
};

/* What the library says of certificates comes by its trace alone, which is the process's, not a client's. */
void oc_mqtt_traced(enum MQTTASYNC_TRACE_LEVELS level, char *message);
void oc_mqtt_remember(const char *text);
int oc_mqtt_secure_error(const char *text, size_t count, void *context);

void oc_mqtt_on_connected5(void *context, MQTTAsync_successData5 *data);
void oc_mqtt_on_connected3(void *context, MQTTAsync_successData *data);
void oc_mqtt_on_refused5(void *context, MQTTAsync_failureData5 *data);
void oc_mqtt_on_refused3(void *context, MQTTAsync_failureData *data);
void oc_mqtt_on_lost(void *context, char *cause);
void oc_mqtt_on_told_to_leave(void *context, MQTTProperties *properties, enum MQTTReasonCodes code);
void oc_mqtt_on_disconnected5(void *context, MQTTAsync_successData5 *data);
void oc_mqtt_on_disconnected3(void *context, MQTTAsync_successData *data);
void oc_mqtt_on_undisconnected5(void *context, MQTTAsync_failureData5 *data);
void oc_mqtt_on_undisconnected3(void *context, MQTTAsync_failureData *data);
void oc_mqtt_on_delivered5(void *context, MQTTAsync_successData5 *data);
void oc_mqtt_on_delivered3(void *context, MQTTAsync_successData *data);
void oc_mqtt_on_undelivered5(void *context, MQTTAsync_failureData5 *data);
void oc_mqtt_on_undelivered3(void *context, MQTTAsync_failureData *data);
void oc_mqtt_on_subscribed5(void *context, MQTTAsync_successData5 *data);
void oc_mqtt_on_subscribed3(void *context, MQTTAsync_successData *data);
void oc_mqtt_on_unsubscribed5(void *context, MQTTAsync_failureData5 *data);
void oc_mqtt_on_unsubscribed3(void *context, MQTTAsync_failureData *data);
int oc_mqtt_on_arrived(void *context, char *topic, int topic_count, MQTTAsync_message *message);

#endif
