#pragma once
#include <curl/curl.h>

// Swift cannot call C's variadic functions, so each shape of `curl_easy_setopt` that we use has a name here.
static inline CURLcode sx_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode sx_curl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode sx_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLMcode sx_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
// The transfer that a message is about ended with this code; only messages of that kind exist.
static inline CURLcode sx_curl_message_result(const CURLMsg *message) {
    return message->data.result;
}
static inline CURLcode sx_curl_get_microseconds(CURL *handle, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(handle, info, value);
}
typedef size_t (*sx_curl_write)(char *bytes, size_t size, size_t count, void *context);
static inline CURLcode sx_curl_set_write(CURL *handle, CURLoption option, sx_curl_write value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode sx_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode sx_curl_get_double(CURL *handle, CURLINFO info, double *value) {
    return curl_easy_getinfo(handle, info, value);
}
// The size of a progress call's numbers is `curl_off_t`, which Swift sees as `Int`.
typedef int (*sx_curl_progress)(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d);
static inline CURLcode sx_curl_set_progress(CURL *handle, CURLoption option, sx_curl_progress value) {
    return curl_easy_setopt(handle, option, value);
}

// What libcurl's socket interface is driven by: Swift's own module of the C library leaves these headers out.
#include <stdint.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

typedef int (*sx_curl_socket)(CURL *handle, curl_socket_t socket, int what, void *context, void *unused);
static inline CURLMcode sx_curl_multi_set_socket(CURLM *multi, sx_curl_socket value, void *context) {
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, value);
}
typedef int (*sx_curl_prereq)(void *context, char *remote, char *local, int remote_port, int local_port);
static inline CURLcode sx_curl_set_prereq(CURL *handle, sx_curl_prereq value, void *context) {
    curl_easy_setopt(handle, CURLOPT_PREREQDATA, context);
    return curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, value);
}
static inline int sx_epoll_control(int epoll, int operation, int descriptor, uint32_t events) {
    struct epoll_event event = {.events = events, .data.fd = descriptor};
    return epoll_ctl(epoll, operation, descriptor, &event);
}
static inline int sx_epoll_descriptor(const struct epoll_event *event) {
    return event->data.fd;
}
static inline int sx_make_epoll(void) { return epoll_create1(EPOLL_CLOEXEC); }
static inline int sx_make_wake(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
static inline int sx_make_timer(void) { return timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK); }
// Rings once, so many nanoseconds from now, at least one.
static inline int sx_set_timer(int timer, int64_t nanoseconds) {
    struct itimerspec time = {
        .it_value = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000},
    };
    return timerfd_settime(timer, 0, &time, NULL);
}
