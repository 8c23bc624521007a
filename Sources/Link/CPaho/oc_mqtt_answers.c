/* What Paho's threads call, and what becomes of it: entries of the ring. */
#include "oc_mqtt_internal.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t trace_mutex = PTHREAD_MUTEX_INITIALIZER;
static char trace_text[192];

void oc_mqtt_remember(const char *text) {
    pthread_mutex_lock(&trace_mutex);
    snprintf(trace_text, sizeof trace_text, "%s", text);
    pthread_mutex_unlock(&trace_mutex);
}

void oc_mqtt_traced(enum MQTTASYNC_TRACE_LEVELS level, char *message) {
    (void)level;
    /* What this side tells the other of its certificate. */
    const char *found = strstr(message, "SSL alert write:fatal:");
    if (found)
        oc_mqtt_remember(found + strlen("SSL alert write:fatal:"));
    else if (strstr(message, "X509_check_host for hostname"))
        oc_mqtt_remember("the certificate is for another name");
}

/* OpenSSL's errors, a line each: the last part is in words. */
int oc_mqtt_secure_error(const char *text, size_t count, void *context) {
    (void)context;
    char line[192];
    snprintf(line, sizeof line, "%.*s", (int)count, text);
    line[strcspn(line, "\r\n")] = 0;
    pthread_mutex_lock(&trace_mutex);
    if (!trace_text[0]) {
        const char *words = strrchr(line, ':');
        const char *before = strstr(line, "routines:");
        if (before) {
            before = strchr(before + strlen("routines:"), ':');
            if (before) words = before;
        }
        snprintf(trace_text, sizeof trace_text, "%s", words ? words + 1 : line);
        trace_text[strcspn(trace_text, ":")] = 0;
    }
    pthread_mutex_unlock(&trace_mutex);
    return 1;
}

/* False: there is no room, of messages only. */
static int put(attempt *from, const oc_mqtt_event *event) {
    oc_mqtt *client = from->owner;
    int taken = 0;
    pthread_mutex_lock(&client->mutex);
    size_t limit = event->kind == OC_MQTT_MESSAGE ? MESSAGE_ENTRIES : ENTRIES;
    if (client->used < limit) {
        oc_mqtt_event *entry = &client->ring[(client->first + client->used) % ENTRIES];
        *entry = *event;
        entry->generation = from->generation;
        client->used++;
        taken = 1;
    }
    pthread_mutex_unlock(&client->mutex);
    uint64_t one = 1;
    if (write(client->fd, &one, sizeof one) < 0) { /* full of posts: the reader knows already */
    }
    return taken;
}

/* The library's words in others: it tells no unknown host from another failure. */
static void explain(attempt *from, const char *text, char *words, size_t room) {
    struct addrinfo *found = NULL;
    int result = getaddrinfo(from->owner->host, NULL, NULL, &found);
    if (found) freeaddrinfo(found);
    if (result)
        snprintf(words, room, "unknown host: %s", gai_strerror(result));
    else if (text && !strcmp(text, "TCP connect completion failure"))
        snprintf(words, room, "%s", OC_MQTT_NO_MQTT);
    else if (text && !strcmp(text, "TCP connect timeout"))
        snprintf(words, room, "no answer within the time");
    else
        snprintf(words, room, "nobody takes the connection");
}

static void put_failure(void *context, int kind, int token, int code, const char *text) {
    oc_mqtt_event event = {.kind = kind, .token = token, .code = code};
    pthread_mutex_lock(&trace_mutex);
    if (kind == OC_MQTT_REFUSED && trace_text[0] && code <= 0)
        snprintf(event.text, sizeof event.text, "TLS: %.180s", trace_text);
    else if (kind == OC_MQTT_REFUSED && code <= 0)
        explain(context, text, event.text, sizeof event.text);
    else
        snprintf(event.text, sizeof event.text, "%s", text ? text : "");
    pthread_mutex_unlock(&trace_mutex);
    put(context, &event);
}

static void put_token(void *context, int kind, int token) {
    oc_mqtt_event event = {.kind = kind, .token = token};
    put(context, &event);
}

/* Connections. */

static void put_connected(void *context, int version, int session) {
    oc_mqtt_event event = {.kind = OC_MQTT_CONNECTED, .version = version, .session = session};
    put(context, &event);
}

void oc_mqtt_on_connected5(void *context, MQTTAsync_successData5 *data) {
    put_connected(context, 5, data ? data->alt.connect.sessionPresent : 0);
}
void oc_mqtt_on_connected3(void *context, MQTTAsync_successData *data) {
    put_connected(context, 4, data ? data->alt.connect.sessionPresent : 0);
}
void oc_mqtt_on_refused5(void *context, MQTTAsync_failureData5 *data) {
    int code = data->reasonCode ? (int)data->reasonCode : data->code;
    put_failure(context, OC_MQTT_REFUSED, 0, code, code >= 0x80 ? MQTTReasonCode_toString(code) : data->message);
}
void oc_mqtt_on_refused3(void *context, MQTTAsync_failureData *data) {
    put_failure(context, OC_MQTT_REFUSED, 0, data->code, data->message);
}
void oc_mqtt_on_lost(void *context, char *cause) { put_failure(context, OC_MQTT_LOST, 0, 0, cause); }
void oc_mqtt_on_told_to_leave(void *context, MQTTProperties *properties, enum MQTTReasonCodes code) {
    (void)properties;
    put_failure(context, OC_MQTT_LOST, 0, (int)code, MQTTReasonCode_toString(code));
}
void oc_mqtt_on_disconnected5(void *context, MQTTAsync_successData5 *data) {
    (void)data;
    put_token(context, OC_MQTT_DISCONNECTED, 0);
}
void oc_mqtt_on_disconnected3(void *context, MQTTAsync_successData *data) {
    (void)data;
    put_token(context, OC_MQTT_DISCONNECTED, 0);
}
void oc_mqtt_on_undisconnected5(void *context, MQTTAsync_failureData5 *data) {
    (void)data;
    put_token(context, OC_MQTT_DISCONNECTED, 0);
}
void oc_mqtt_on_undisconnected3(void *context, MQTTAsync_failureData *data) {
    (void)data;
    put_token(context, OC_MQTT_DISCONNECTED, 0);
}

/* Messages. */

void oc_mqtt_on_delivered5(void *context, MQTTAsync_successData5 *data) {
    put_token(context, OC_MQTT_DELIVERED, data->token);
}
void oc_mqtt_on_delivered3(void *context, MQTTAsync_successData *data) {
    put_token(context, OC_MQTT_DELIVERED, data->token);
}
void oc_mqtt_on_undelivered5(void *context, MQTTAsync_failureData5 *data) {
    int code = data->reasonCode ? (int)data->reasonCode : data->code;
    put_failure(context, OC_MQTT_UNDELIVERED, data->token, code,
        data->reasonCode ? MQTTReasonCode_toString(data->reasonCode) : data->message);
}
void oc_mqtt_on_undelivered3(void *context, MQTTAsync_failureData *data) {
    put_failure(context, OC_MQTT_UNDELIVERED, data->token, data->code, data->message);
}
void oc_mqtt_on_subscribed5(void *context, MQTTAsync_successData5 *data) {
    int refused = data->reasonCode >= 0x80;
    put_token(context, refused ? OC_MQTT_UNSUBSCRIBED : OC_MQTT_SUBSCRIBED, data->token);
}
void oc_mqtt_on_subscribed3(void *context, MQTTAsync_successData *data) {
    put_token(context, data->alt.qos == 0x80 ? OC_MQTT_UNSUBSCRIBED : OC_MQTT_SUBSCRIBED, data->token);
}
void oc_mqtt_on_unsubscribed5(void *context, MQTTAsync_failureData5 *data) {
    put_failure(context, OC_MQTT_UNSUBSCRIBED, data->token, data->code, data->message);
}
void oc_mqtt_on_unsubscribed3(void *context, MQTTAsync_failureData *data) {
    put_failure(context, OC_MQTT_UNSUBSCRIBED, data->token, data->code, data->message);
}

/* Copies into one piece of memory: the topic, the payload, where to answer, and what to send along. */
int oc_mqtt_on_arrived(void *context, char *topic, int topic_count, MQTTAsync_message *message) {
    oc_mqtt_event event = {.kind = OC_MQTT_MESSAGE, .retained = message->retained};
    size_t name = topic_count > 0 ? (size_t)topic_count : strlen(topic);
    MQTTProperty *response = MQTTProperties_getProperty(&message->properties, MQTTPROPERTY_CODE_RESPONSE_TOPIC);
    MQTTProperty *correlation = MQTTProperties_getProperty(&message->properties, MQTTPROPERTY_CODE_CORRELATION_DATA);
    size_t answer = response ? (size_t)response->value.data.len : 0;
    size_t along = correlation ? (size_t)correlation->value.data.len : 0;
    size_t count = message->payloadlen > 0 ? (size_t)message->payloadlen : 0;
    char *memory = malloc(name + 1 + count + 1 + answer + 1 + along + 1);
    if (!memory) return 0; /* the library asks again */
    char *at = memory;
    memcpy(at, topic, name);
    at[name] = 0;
    event.topic = at;
    at += name + 1;
    if (count) memcpy(at, message->payload, count);
    at[count] = 0;
    event.payload = (const uint8_t *)at;
    event.count = count;
    at += count + 1;
    if (response) {
        memcpy(at, response->value.data.data, answer);
        at[answer] = 0;
        event.response = at;
    }
    at += answer + 1;
    if (correlation) {
        memcpy(at, correlation->value.data.data, along);
        event.correlation = (const uint8_t *)at;
        event.correlation_count = along;
    }
    event.memory = memory;
    if (!put(context, &event)) {
        free(memory);
        return 0;
    }
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    return 1;
}
