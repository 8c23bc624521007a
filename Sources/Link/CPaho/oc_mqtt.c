#include "oc_mqtt_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void initialize(void) {
    MQTTAsync_init_options options = MQTTAsync_init_options_initializer;
    options.do_openssl_init = 1;
    MQTTAsync_global_init(&options);
    MQTTAsync_setTraceCallback(oc_mqtt_traced);
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

/* Of scheme://host:port or scheme://[host]:port. */
static void find_host(const char *uri, char *host, size_t room) {
    const char *start = strstr(uri, "://");
    start = start ? start + 3 : uri;
    size_t length = *start == '[' ? strcspn(++start, "]") : strcspn(start, ":");
    snprintf(host, room, "%.*s", (int)length, start);
}

int oc_mqtt_connect(oc_mqtt *client, const oc_mqtt_options *options) {
    oc_mqtt_drop(client);
    oc_mqtt_remember("");
    attempt *now = current(client);
    find_host(options->uri, client->host, sizeof client->host);
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
    MQTTAsync_setCallbacks(client->handle, now, oc_mqtt_on_lost, oc_mqtt_on_arrived, NULL);
    if (is5) MQTTAsync_setDisconnected(client->handle, now, oc_mqtt_on_told_to_leave);

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
        connect.onSuccess5 = oc_mqtt_on_connected5;
        connect.onFailure5 = oc_mqtt_on_refused5;
    } else {
        connect.cleansession = options->session_seconds <= 0;
        connect.MQTTVersion = MQTTVERSION_3_1_1;
        connect.onSuccess = oc_mqtt_on_connected3;
        connect.onFailure = oc_mqtt_on_refused3;
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
        secure.ssl_error_cb = oc_mqtt_secure_error;
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
        answer.onSuccess5 = oc_mqtt_on_delivered5;
        answer.onFailure5 = oc_mqtt_on_undelivered5;
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
        answer.onSuccess = oc_mqtt_on_delivered3;
        answer.onFailure = oc_mqtt_on_undelivered3;
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
        answer.onSuccess5 = oc_mqtt_on_subscribed5;
        answer.onFailure5 = oc_mqtt_on_unsubscribed5;
    } else {
        answer.onSuccess = oc_mqtt_on_subscribed3;
        answer.onFailure = oc_mqtt_on_unsubscribed3;
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
        options.onSuccess5 = oc_mqtt_on_disconnected5;
        options.onFailure5 = oc_mqtt_on_undisconnected5;
    } else {
        options.onSuccess = oc_mqtt_on_disconnected3;
        options.onFailure = oc_mqtt_on_undisconnected3;
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
