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
