/* An MQTT client as one thread can use it: Eclipse Paho's calls back from threads of its own become entries of a ring
 * of fixed size, and a descriptor that poll can wait for.
 *
 * A client makes one connection at a time. What is told of a former one is never given out. Nothing is kept across
 * connections: whoever publishes remembers what was not acknowledged.
 */
#ifndef OC_MQTT_H
#define OC_MQTT_H

#include <stddef.h>
#include <stdint.h>

typedef struct oc_mqtt oc_mqtt;

typedef struct oc_mqtt_options {
    const char *uri;        /* tcp://host:port or ssl://host:port */
    const char *client;     /* the client's identifier */
    const char *user;       /* null: none */
    const void *password;
    size_t password_count;
    const char *will_topic; /* retained, QoS 1 */
    const char *will;
    const char *authorities;    /* a file of certificates; null: those of the system */
    const char *certificate;    /* of the client; null: none */
    const char *key;
    int32_t version;        /* 5 or 4 (3.1.1) */
    int32_t session_seconds;    /* how long the broker remembers the session (5), or above 0: that it does (3.1.1) */
    int32_t keep_alive_seconds;
    int32_t timeout_seconds;    /* of a connection that is being made */
    int32_t is_secure;
    int32_t checks_name;
} oc_mqtt_options;

typedef struct oc_mqtt_message {
    const char *topic;
    const void *payload;
    size_t count;
    const void *correlation;    /* of MQTT 5; null: none */
    size_t correlation_count;
    int32_t qos;
    int32_t retained;
    int32_t expiry_seconds; /* of MQTT 5; 0: none */
} oc_mqtt_message;

/* The text of a REFUSED by one who closes the connection or does not speak MQTT, or not this version. */
#define OC_MQTT_NO_MQTT "the other side closes the connection, or says what is no MQTT"

typedef enum oc_mqtt_kind {
    OC_MQTT_CONNECTED = 1,
    OC_MQTT_REFUSED,        /* the connection was not made: code and text say why */
    OC_MQTT_LOST,           /* it was there and is not any more */
    OC_MQTT_DELIVERED,      /* token: acknowledged by the broker, or of QoS 0 written */
    OC_MQTT_UNDELIVERED,    /* token: the broker does not take it (code above 0), or the library does not (below) */
    OC_MQTT_SUBSCRIBED,     /* token */
    OC_MQTT_UNSUBSCRIBED,   /* token: refused */
    OC_MQTT_MESSAGE,        /* something came */
    OC_MQTT_DISCONNECTED    /* as was asked */
} oc_mqtt_kind;

typedef struct oc_mqtt_event {
    int32_t kind;
    int32_t token;
    int32_t code;           /* of the protocol, above 0; of the library, below 0 */
    int32_t version;        /* of CONNECTED */
    int32_t session;        /* of CONNECTED: the broker remembers one */
    int32_t retained;       /* of MESSAGE */
    char text[192];         /* in words; terminated, may be empty */
    void *memory;           /* for oc_mqtt_release; the pointers below point into it */
    const char *topic;      /* of MESSAGE, terminated, as are all texts */
    const uint8_t *payload;
    size_t count;
    const char *response;   /* null: none */
    const uint8_t *correlation;
    size_t correlation_count;
    uint32_t generation;
    uint32_t reserved;
} oc_mqtt_event;

/* Null: no memory. */
oc_mqtt *oc_mqtt_open(void);
int oc_mqtt_descriptor(const oc_mqtt *client); /* readable while something is to be taken */

/* Begins to connect, after it has dropped what was there. 0, or the library's error. */
int oc_mqtt_connect(oc_mqtt *client, const oc_mqtt_options *options);
/* The token, above 0, or the library's error. Messages of QoS 0 all have the token 0, and are delivered in their
 * order. */
int oc_mqtt_publish(oc_mqtt *client, const oc_mqtt_message *message);
int oc_mqtt_subscribe(oc_mqtt *client, const char *topic);
/* Asks for an orderly end; DISCONNECTED follows. */
int oc_mqtt_disconnect(oc_mqtt *client);
/* Ends the connection at once, in whatever state it is; the broker publishes the will. */
void oc_mqtt_drop(oc_mqtt *client);

/* 1: an event; 0: there is none. */
int oc_mqtt_take(oc_mqtt *client, oc_mqtt_event *event);
void oc_mqtt_release(oc_mqtt_event *event);

#endif
