#include "oc_mqtt.h"

#include <MQTTAsync.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Messages that come may fill so many entries; the rest is kept for answers to what was asked, of which there are no more than
 * the one who asks lets be under way. */
enum { ENTRIES = 256, MESSAGE_ENTRIES = 128, ATTEMPTS = 16 };

/* What Paho's threads get as their context. Paho may be inside a call back while its handle is destroyed, so contexts are never
 * freed, and only used again many connections later. */
typedef struct attempt {
    struct oc_mqtt *owner;
    uint32_t generation;
} attempt;

struct oc_mqtt {
    pthread_mutex_t mutex;
    MQTTAsync handle;
    int fd;
    int version;
    uint32_t generation;
    size_t first, used;
    attempt attempts[ATTEMPTS];
    oc_mqtt_event ring[ENTRIES];
};

/* What the library says of certificates comes by its trace alone, which is the process's, not a client's. */
static pthread_mutex_t trace_mutex = PTHREAD_MUTEX_INITIALIZER;
static char trace_text[192];

static void remember(const char *text) {
    pthread_mutex_lock(&trace_mutex);
    snprintf(trace_text, sizeof trace_text, "%s", text);
    pthread_mutex_unlock(&trace_mutex);
}

static void traced(enum MQTTASYNC_TRACE_LEVELS level, char *message) {
    (void)level;
    const char *found = strstr(message, "SSL certificate verification: ");
    if (found)
        remember(found + strlen("SSL certificate verification: "));
    else if (strstr(message, "X509_check_host for hostname"))
        remember("the certificate is for another name");
}

/* OpenSSL's errors, a line each: the last part is in words. */
static int secure_error(const char *text, size_t count, void *context) {
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

static void put_failure(void *context, int kind, int token, int code, const char *text) {
    oc_mqtt_event event = {.kind = kind, .token = token, .code = code};
    pthread_mutex_lock(&trace_mutex);
    if (kind == OC_MQTT_REFUSED && trace_text[0] && code <= 0)
        snprintf(event.text, sizeof event.text, "TLS: %s", trace_text);
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

static void connected5(void *context, MQTTAsync_successData5 *data) {
    oc_mqtt_event event = {.kind = OC_MQTT_CONNECTED, .version = 5, .session = data ? data->alt.connect.sessionPresent : 0};
    put(context, &event);
}
static void connected3(void *context, MQTTAsync_successData *data) {
    oc_mqtt_event event = {.kind = OC_MQTT_CONNECTED, .version = 4, .session = data ? data->alt.connect.sessionPresent : 0};
    put(context, &event);
}
static void refused5(void *context, MQTTAsync_failureData5 *data) {
    int code = data->reasonCode ? (int)data->reasonCode : data->code;
    put_failure(context, OC_MQTT_REFUSED, 0, code, data->reasonCode ? MQTTReasonCode_toString(data->reasonCode) : data->message);
}
static void refused3(void *context, MQTTAsync_failureData *data) {
    put_failure(context, OC_MQTT_REFUSED, 0, data->code, data->message);
}
static void lost(void *context, char *cause) { put_failure(context, OC_MQTT_LOST, 0, 0, cause); }
static void told_to_leave(void *context, MQTTProperties *properties, enum MQTTReasonCodes code) {
    (void)properties;
    put_failure(context, OC_MQTT_LOST, 0, (int)code, MQTTReasonCode_toString(code));
}
static void disconnected5(void *context, MQTTAsync_successData5 *data) {
    (void)data;
    put_token(context, OC_MQTT_DISCONNECTED, 0);
}
static void disconnected3(void *context, MQTTAsync_successData *data) {
    (void)data;
    put_token(context, OC_MQTT_DISCONNECTED, 0);
}
static void undisconnected5(void *context, MQTTAsync_failureData5 *data) {
    (void)data;
    put_token(context, OC_MQTT_DISCONNECTED, 0);
}
static void undisconnected3(void *context, MQTTAsync_failureData *data) {
    (void)data;
    put_token(context, OC_MQTT_DISCONNECTED, 0);
}

/* Messages. */

static void delivered5(void *context, MQTTAsync_successData5 *data) { put_token(context, OC_MQTT_DELIVERED, data->token); }
static void delivered3(void *context, MQTTAsync_successData *data) { put_token(context, OC_MQTT_DELIVERED, data->token); }
static void undelivered5(void *context, MQTTAsync_failureData5 *data) {
    int code = data->reasonCode ? (int)data->reasonCode : data->code;
    put_failure(context, OC_MQTT_UNDELIVERED, data->token, code,
        data->reasonCode ? MQTTReasonCode_toString(data->reasonCode) : data->message);
}
static void undelivered3(void *context, MQTTAsync_failureData *data) {
    put_failure(context, OC_MQTT_UNDELIVERED, data->token, data->code, data->message);
}
static void subscribed5(void *context, MQTTAsync_successData5 *data) {
    int refused = data->reasonCode >= 0x80;
    put_token(context, refused ? OC_MQTT_UNSUBSCRIBED : OC_MQTT_SUBSCRIBED, data->token);
}
static void subscribed3(void *context, MQTTAsync_successData *data) {
    put_token(context, data->alt.qos == 0x80 ? OC_MQTT_UNSUBSCRIBED : OC_MQTT_SUBSCRIBED, data->token);
}
static void unsubscribed5(void *context, MQTTAsync_failureData5 *data) {
    put_failure(context, OC_MQTT_UNSUBSCRIBED, data->token, data->code, data->message);
}
static void unsubscribed3(void *context, MQTTAsync_failureData *data) {
    put_failure(context, OC_MQTT_UNSUBSCRIBED, data->token, data->code, data->message);
}

/* Copies into one piece of memory: the topic, the payload, where to answer, and what to send along. */
static int arrived(void *context, char *topic, int topic_count, MQTTAsync_message *message) {
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

/* What one calls. */

static void initialize(void) {
    MQTTAsync_init_options options = MQTTAsync_init_options_initializer;
    options.do_openssl_init = 1;
    MQTTAsync_global_init(&options);
    MQTTAsync_setTraceCallback(traced);
    MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_MINIMUM);
}

oc_mqtt *oc_mqtt_open(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, initialize);
    oc_mqtt *client = calloc(1, sizeof *client);
    if (!client) return NULL;
    client->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (client->fd < 0 || pthread_mutex_init(&client->mutex, NULL) != 0) {
        if (client->fd >= 0) close(client->fd);
        free(client);
        return NULL;
    }
    for (size_t index = 0; index < ATTEMPTS; index++) client->attempts[index].owner = client;
    return client;
}

int oc_mqtt_descriptor(const oc_mqtt *client) { return client->fd; }

static attempt *current(oc_mqtt *client) { return &client->attempts[client->generation % ATTEMPTS]; }

void oc_mqtt_drop(oc_mqtt *client) {
    pthread_mutex_lock(&client->mutex);
    client->generation++;
    current(client)->generation = client->generation;
    pthread_mutex_unlock(&client->mutex);
    if (client->handle) MQTTAsync_destroy(&client->handle);
    client->handle = NULL;
}

int oc_mqtt_connect(oc_mqtt *client, const oc_mqtt_options *options) {
    oc_mqtt_drop(client);
    remember("");
    attempt *now = current(client);
    int is5 = options->version == 5;
    client->version = options->version;
    MQTTAsync_createOptions create = MQTTAsync_createOptions_initializer;
    create.MQTTVersion = is5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
    int result = MQTTAsync_createWithOptions(
        &client->handle, options->uri, options->client, MQTTCLIENT_PERSISTENCE_NONE, NULL, &create);
    if (result != MQTTASYNC_SUCCESS) {
        client->handle = NULL;
        return result;
    }
    MQTTAsync_setCallbacks(client->handle, now, lost, arrived, NULL);
    if (is5) MQTTAsync_setDisconnected(client->handle, now, told_to_leave);

    MQTTAsync_connectOptions connect = MQTTAsync_connectOptions_initializer;
    MQTTAsync_connectOptions connect5 = MQTTAsync_connectOptions_initializer5;
    if (is5) connect = connect5;
    connect.keepAliveInterval = options->keep_alive_seconds;
    connect.connectTimeout = options->timeout_seconds;
    connect.username = options->user;
    connect.binarypwd.data = options->password;
    connect.binarypwd.len = (int)options->password_count;
    connect.context = now;
    MQTTProperties properties = MQTTProperties_initializer;
    if (is5) {
        connect.cleanstart = 0;
        MQTTProperty session = {.identifier = MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL};
        session.value.integer4 = (unsigned)options->session_seconds;
        MQTTProperties_add(&properties, &session);
        connect.connectProperties = &properties;
        connect.onSuccess5 = connected5;
        connect.onFailure5 = refused5;
    } else {
        connect.cleansession = options->session_seconds <= 0;
        connect.MQTTVersion = MQTTVERSION_3_1_1;
        connect.onSuccess = connected3;
        connect.onFailure = refused3;
    }
    MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
    if (options->will_topic) {
        will.topicName = options->will_topic;
        will.message = options->will;
        will.retained = 1;
        will.qos = 1;
        connect.will = &will;
    }
    MQTTAsync_SSLOptions secure = MQTTAsync_SSLOptions_initializer;
    if (options->is_secure) {
        secure.trustStore = options->authorities;
        secure.keyStore = options->certificate;
        secure.privateKey = options->key;
        secure.enableServerCertAuth = 1;
        secure.verify = options->checks_name;
        secure.sslVersion = MQTT_SSL_VERSION_TLS_1_2;
        secure.ssl_error_cb = secure_error;
        connect.ssl = &secure;
    }
    result = MQTTAsync_connect(client->handle, &connect);
    MQTTProperties_free(&properties);
    return result;
}

int oc_mqtt_publish(oc_mqtt *client, const oc_mqtt_message *from) {
    if (!client->handle) return MQTTASYNC_DISCONNECTED;
    MQTTAsync_message message = MQTTAsync_message_initializer;
    message.payload = (void *)from->payload;
    message.payloadlen = (int)from->count;
    message.qos = from->qos;
    message.retained = from->retained;
    MQTTAsync_responseOptions answer = MQTTAsync_responseOptions_initializer;
    answer.context = current(client);
    if (client->version == 5) {
        answer.onSuccess5 = delivered5;
        answer.onFailure5 = undelivered5;
        if (from->expiry_seconds > 0) {
            MQTTProperty expiry = {.identifier = MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL};
            expiry.value.integer4 = (unsigned)from->expiry_seconds;
            MQTTProperties_add(&message.properties, &expiry);
        }
        if (from->correlation) {
            MQTTProperty along = {.identifier = MQTTPROPERTY_CODE_CORRELATION_DATA};
            along.value.data.data = (char *)from->correlation;
            along.value.data.len = (int)from->correlation_count;
            MQTTProperties_add(&message.properties, &along);
        }
    } else {
        answer.onSuccess = delivered3;
        answer.onFailure = undelivered3;
    }
    int result = MQTTAsync_sendMessage(client->handle, from->topic, &message, &answer);
    MQTTProperties_free(&message.properties);
    return result == MQTTASYNC_SUCCESS ? answer.token : result < 0 ? result : MQTTASYNC_FAILURE;
}

int oc_mqtt_subscribe(oc_mqtt *client, const char *topic) {
    if (!client->handle) return MQTTASYNC_DISCONNECTED;
    MQTTAsync_responseOptions answer = MQTTAsync_responseOptions_initializer;
    answer.context = current(client);
    if (client->version == 5) {
        answer.onSuccess5 = subscribed5;
        answer.onFailure5 = unsubscribed5;
    } else {
        answer.onSuccess = subscribed3;
        answer.onFailure = unsubscribed3;
    }
    int result = MQTTAsync_subscribe(client->handle, topic, 1, &answer);
    return result == MQTTASYNC_SUCCESS ? answer.token : result < 0 ? result : MQTTASYNC_FAILURE;
}

int oc_mqtt_disconnect(oc_mqtt *client) {
    if (!client->handle) return MQTTASYNC_DISCONNECTED;
    MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer;
    MQTTAsync_disconnectOptions options5 = MQTTAsync_disconnectOptions_initializer5;
    if (client->version == 5) options = options5;
    options.timeout = 2000;
    options.context = current(client);
    if (client->version == 5) {
        options.onSuccess5 = disconnected5;
        options.onFailure5 = undisconnected5;
    } else {
        options.onSuccess = disconnected3;
        options.onFailure = undisconnected3;
    }
    return MQTTAsync_disconnect(client->handle, &options);
}

int oc_mqtt_take(oc_mqtt *client, oc_mqtt_event *event) {
    for (;;) {
        pthread_mutex_lock(&client->mutex);
        if (!client->used) {
            uint64_t count;
            if (read(client->fd, &count, sizeof count) < 0) { /* already empty */
            }
            pthread_mutex_unlock(&client->mutex);
            return 0;
        }
        *event = client->ring[client->first];
        client->first = (client->first + 1) % ENTRIES;
        client->used--;
        uint32_t generation = client->generation;
        pthread_mutex_unlock(&client->mutex);
        if (event->generation == generation) return 1;
        oc_mqtt_release(event);
    }
}

void oc_mqtt_release(oc_mqtt_event *event) {
    free(event->memory);
    event->memory = NULL;
}
