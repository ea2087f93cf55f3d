/* A local HTTP server for scripts/bench http and orders: keeps connections open, reads a request whole, answers each with an
   order's acknowledgement. A thread for each connection; prints its port, ends with its standard input.

   With the word "stamps" it also prints, for each POST, when its last byte was read: nanoseconds of the monotonic clock,
   which all processes share, and the order's client id. With a port behind it every connection is passed on to that port
   instead, both ways, each request stamped before a byte of it goes on. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

static const char body[] =
    "{\"orderId\":283194212,\"symbol\":\"BTCUSDT\",\"status\":\"NEW\",\"clientOrderId\":\"sx-0123456789abcdef-0001-1\","
    "\"price\":\"95000.10\",\"avgPrice\":\"0.00\",\"origQty\":\"0.010\",\"executedQty\":\"0.000\",\"cumQty\":\"0.000\","
    "\"cumQuote\":\"0.00000\",\"timeInForce\":\"GTC\",\"type\":\"LIMIT\",\"reduceOnly\":false,\"closePosition\":false,"
    "\"side\":\"BUY\",\"positionSide\":\"BOTH\",\"stopPrice\":\"0.00\",\"workingType\":\"CONTRACT_PRICE\","
    "\"priceProtect\":false,\"origType\":\"LIMIT\",\"updateTime\":1795219200123}";
static char answer[2048];
static size_t answer_length;
static int stamps, upstream;

static void stamp(const char *request, size_t length) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    if (!stamps || strncmp(request, "POST /fapi/v1/order", 19)) return;
    static const char name[] = "newClientOrderId=";
    const char *id = memmem(request, length, name, sizeof name - 1);
    size_t most = id ? (size_t)(request + length - (id += sizeof name - 1)) : 0, size = 0;
    while (size < most && id[size] != '&') size++;
    printf("%ld %.*s\n", time.tv_sec * 1000000000L + time.tv_nsec, (int)size, id ? id : "");
    fflush(stdout);
}

static int pass(int to, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(to, bytes, count);
        if (written <= 0) return 0;
        bytes += written;
        count -= (size_t)written;
    }
    return 1;
}

struct pair { int from, to; };

static void *pass_back(void *argument) {
    struct pair pair = *(struct pair *)argument;
    char buffer[65536];
    ssize_t count;
    free(argument);
    while ((count = read(pair.from, buffer, sizeof buffer)) > 0 && pass(pair.to, buffer, (size_t)count)) {}
    shutdown(pair.to, SHUT_RDWR);
    return NULL;
}

/* A connection to the port behind, whose answers go to the peer. */
static int join(int peer) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)upstream), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, behind = socket(AF_INET, SOCK_STREAM, 0);
    struct pair *pair = malloc(sizeof *pair);
    pthread_t thread;
    if (!pair || connect(behind, (struct sockaddr *)&address, sizeof address)) return -1;
    setsockopt(behind, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    *pair = (struct pair){.from = behind, .to = peer};
    pthread_create(&thread, NULL, pass_back, pair);
    pthread_detach(thread);
    return behind;
}

static void *serve(void *argument) {
    int peer = (int)(intptr_t)argument, behind = upstream ? join(peer) : -1;
    char buffer[65536];
    size_t have = 0;
    if (upstream && behind < 0) {
        close(peer);
        return NULL;
    }
    for (;;) {
        buffer[have] = 0;
        char *end = strstr(buffer, "\r\n\r\n");
        size_t whole = 0;
        if (end) {
            char *length = strcasestr(buffer, "\r\nContent-Length:");
            whole = (size_t)(end - buffer) + 4 + (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
        }
        if (end && have >= whole) {
            stamp(buffer, whole);
            if (upstream && !pass(behind, buffer, whole)) break;
            memmove(buffer, buffer + whole, have - whole);
            have -= whole;
            if (!upstream && write(peer, answer, answer_length) != (ssize_t)answer_length) break;
            continue;
        }
        if (have == sizeof buffer - 1) break;
        ssize_t count = read(peer, buffer + have, sizeof buffer - 1 - have);
        if (count <= 0) break;
        have += (size_t)count;
    }
    if (upstream) close(behind);
    close(peer);
    return NULL;
}

static void *watch(void *unused) {
    char byte;
    (void)unused;
    while (read(0, &byte, 1) > 0) {}
    exit(0);
}

int main(int count, char **arguments) {
    stamps = count > 1 && !strcmp(arguments[1], "stamps");
    upstream = count > 2 ? atoi(arguments[2]) : 0;
    signal(SIGPIPE, SIG_IGN);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    pthread_t thread;
    answer_length = (size_t)snprintf(answer, sizeof answer,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-MBX-USED-WEIGHT-1M: 1\r\n"
        "X-MBX-ORDER-COUNT-10S: 1\r\nX-MBX-ORDER-COUNT-1M: 1\r\nContent-Length: %zu\r\n\r\n%s", sizeof body - 1, body);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 64)) return 1;
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    pthread_create(&thread, NULL, watch, NULL);
    for (;;) {
        int one = 1, peer = accept(listener, NULL, NULL);
        if (peer < 0) return 1;
        setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        pthread_create(&thread, NULL, serve, (void *)(intptr_t)peer);
        pthread_detach(thread);
    }
}
