/* The reference of scripts/bench http and orders: plain libcurl, one easy handle, one kept connection, one request after the
   other. For each number read it makes so many requests and prints of each the nanoseconds that it took and when it began
   by the monotonic clock, then an empty line. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static size_t drop(char *bytes, size_t size, size_t count, void *context) {
    (void)bytes;
    *(size_t *)context += size * count;
    return size * count;
}

static long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000L + time.tv_nsec;
}

int main(int count, char **arguments) {
    char url[128], body[512], line[32];
    size_t received = 0;
    if (count != 2) return 2;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURL *handle = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "X-MBX-APIKEY: benchmark");
    headers = curl_slist_append(headers, "Content-Type: application/x-www-form-urlencoded");
    headers = curl_slist_append(headers, "Expect:");
    snprintf(url, sizeof url, "http://127.0.0.1:%s/fapi/v1/order", arguments[1]);
    curl_easy_setopt(handle, CURLOPT_URL, url);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, drop);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &received);
    curl_easy_setopt(handle, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, 10000L);
    for (long sequence = 0; fgets(line, sizeof line, stdin);) {
        for (long left = atol(line); left > 0; left--) {
            /* As long as a signed order; what signing costs is not measured on either side. */
            snprintf(body, sizeof body,
                "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.010&price=95000.10&newClientOrderId="
                "sx-0123456789abcdef-0001-%06ld&recvWindow=5000&timestamp=1795219200123&signature="
                "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71", ++sequence % 1000000);
            long start = now();
            curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, body);
            if (curl_easy_perform(handle) != CURLE_OK) return 1;
            printf("%ld %ld\n", now() - start, start);
        }
        printf("\n");
        fflush(stdout);
    }
    return received == 0;
}
