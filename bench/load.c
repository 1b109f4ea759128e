/* The load generator: many IRC clients in one thread. Prints what it counted as one JSON object.
 *
 * Client i sits in channel i / members at place i % members. The first `senders` places of each channel speak, the
 * last place is the channel's *witness*: it reads every message in full, checks that each sender's numbers follow one
 * another, takes the time, and gives the sender leave to send the next one. Everybody else only counts lines, since
 * the generator must cost less than the server it measures.
 *
 *   closed loop   every sender keeps `window` messages in flight; one is done when the witness has it; not with window=0
 *                 with `few`, every *channel* keeps so many in flight: its senders take turns, and a message follows
 *                 when every member has the one `few` before it. So channels are soon out of step
 *   open loop     `rate` messages a second over all senders, on a fixed timetable, whatever the server does; a
 *                 message carries the moment it was due, and *every* member reads it in full and takes the time
 *
 * After each loop the generator stops sending and waits for what is under way: `complete` says whether every member
 * but the sender got every message, no more and no less. Echoes are waited for, too, and are no deliveries.
 *
 * caps=1 requests tags, times, echoes and labels for every client, caps=2 four different sets in turn; websocket=1 and
 * tls=1 say how clients connect. `settle` waits until the server is idle after the closed loop and prints what it spent
 * since the beginning; `storm` lets half of the clients join first and prints what the other half costs.
 *
 * The server's cost is utime + stime of its processes (/proc/PID/stat, all threads), read by this program at both
 * ends of the measured window.
 *
 *     cc -O3 -o load load.c
 *     ./load port=50000 pids=123 channels=50 members=20 senders=2 window=8 milliseconds=2000 rate=5000
 *     ./load port=50000 pids=123 channels=500 members=20 idle=1           everybody joins, nobody speaks
 *     ./load port=50000 pids=123 channels=1 members=2000 storm=1 idle=1   1000 join a channel of 1000
 *
 * Times in settings are milliseconds.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 2048, READ = 1 << 18, EVENTS = 512, MAX_PIDS = 64, LONGEST = 10 * 1000 * 1000 /* us */ };
enum { HEAD = 4 + 1 + 8 + 1 + 16 + 1 }; /* a text begins "<sender> <number> <ns> ", in hex */

static struct {
    long port, channels, members, senders, window, few, rate, seconds_ms, warmup_ms, text, at_once, idle, check;
    long caps, websocket, tls, settle, storm;
    long patience_ms, drain_ms; /* how long to wait for everybody to be in, for all messages to be there */
    char host[64], pids[512];
} ask = {.channels = 1, .members = 2, .senders = 1, .window = 8, .seconds_ms = 2000, .warmup_ms = 500, .text = 64,
         .at_once = 32, .patience_ms = 60000, .drain_ms = 60000, .host = "127.0.0.1"};

enum state { CLOSED, GREETING, WELCOMED, JOINED, SYNCED };

struct client {
    int fd;
    uint16_t place;
    int channel;
    enum state state;
    bool full;         /* reads lines in full; else it only counts them */
    bool mid_line;     /* counting: the last byte read did not end a line */
    long credit;       /* messages it may send now */
    uint32_t sent;
    uint32_t *expected; /* the next number of each sender of its channel */
    const char *caps;  /* what it requests */
    bool echo, labels; /* its messages come back to it; it labels them */
    void *tls;
    char *held;        /* a line whose end has not come yet */
    size_t held_length;
    char *waiting;     /* what the socket did not take */
    size_t waiting_length;
};

static struct client *clients;
static long client_count, reached[SYNCED + 1]; /* how many clients have come as far as each state */
static int poller;
static bool talking; /* channel lines are counted: everybody has joined */
static long sent, received, wrong, strange;
static long due;        /* how often messages are to be received, echoes included */
static uint16_t *lacking; /* few: how many members lack the message, of each channel and place in its row */
static struct client **thirsty; /* senders with credit, to be served at the end of the turn */
static long thirsty_count;
static bool closed_loop;
static uint32_t latency[LONGEST + 1]; /* how many messages took so many us */
static long latencies;

/* ---- odds and ends ---------------------------------------------------------------------------------------------- */

static _Noreturn void die(const char *format, ...) {
    va_list values;
    va_start(values, format);
    fprintf(stderr, "load: ");
    vfprintf(stderr, format, values);
    fprintf(stderr, "\n");
    exit(1);
}

static int64_t now(void) { /* ns */
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static double own_cpu(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Calls `read` with each of the server's process ids and sums what it says. */
static double over_pids(double (*read)(int)) {
    double sum = 0;
    char list[sizeof ask.pids], *rest = NULL;
    strcpy(list, ask.pids);
    for (char *pid = strtok_r(list, ",", &rest); pid; pid = strtok_r(NULL, ",", &rest)) sum += read(atoi(pid));
    return sum;
}

static double cpu_of(int pid) { /* seconds */
    char path[64], text[1024];
    unsigned long user = 0, kernel = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file) die("the server's process %d is gone", pid);
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = 0;
    char *after_name = strrchr(text, ')');
    if (!after_name || sscanf(after_name, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel) != 2)
        die("cannot read %s", path);
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

static double machine_cpu(void) { /* seconds that all of the machine's programs used */
    unsigned long t[8] = {0};
    FILE *file = fopen("/proc/stat", "r");
    if (!file || fscanf(file, "cpu %lu %lu %lu %lu %lu %lu %lu %lu", &t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6],
                        &t[7]) != 8)
        die("cannot read /proc/stat");
    fclose(file);
    return (double)(t[0] + t[1] + t[2] + t[5] + t[6] + t[7]) / (double)sysconf(_SC_CLK_TCK); /* without idle, iowait */
}

static double memory_of(int pid) { /* resident KB */
    char path[64];
    long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    FILE *file = fopen(path, "r");
    if (!file || fscanf(file, "%*d %ld", &pages) != 1) die("the server's process %d is gone", pid);
    fclose(file);
    return (double)(pages * (sysconf(_SC_PAGESIZE) / 1024));
}

static void note_latency(int64_t ns) {
    int64_t us = ns < 0 ? 0 : ns / 1000;
    latency[us > LONGEST ? LONGEST : us]++;
    latencies++;
}

static double latency_ms(double share) {
    long wanted = (long)(share * (double)latencies), seen = 0;
    if (!latencies) return -1;
    if (wanted >= latencies) wanted = latencies - 1;
    for (long us = 0; us <= LONGEST; us++)
        if ((seen += latency[us]) > wanted) return (double)us / 1000;
    return LONGEST / 1000;
}

static void forget_latencies(void) {
    memset(latency, 0, sizeof latency);
    latencies = 0;
}

static long hex(const char *at, int digits) { /* -1: not a number */
    unsigned long value = 0;
    for (; digits--; at++) {
        int digit = *at >= '0' && *at <= '9' ? *at - '0' : *at >= 'a' && *at <= 'f' ? *at - 'a' + 10 : -1;
        if (digit < 0) return -1;
        value = value << 4 | (unsigned)digit;
    }
    return (long)value;
}

static void put_hex(char *at, uint64_t value, int digits) {
    while (digits--) at[digits] = "0123456789abcdef"[value & 15], value >>= 4;
}

/* ---- sending ---------------------------------------------------------------------------------------------------- */

static void watch(struct client *c, bool for_writing) {
    struct epoll_event event = {.events = EPOLLIN | (for_writing ? EPOLLOUT : 0), .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
}

/* libssl is opened when it is needed, so that this program compiles without its headers. */
static struct {
    void *context;
    void *(*make)(void *);
    int (*use)(void *, int), (*connect)(void *), (*read)(void *, void *, int), (*write)(void *, const void *, int);
    int (*error)(const void *, int);
} ssl;

static void *symbol(void *library, const char *name) {
    void *found = dlsym(library, name);
    if (!found) die("libssl has no %s", name);
    return found;
}

static void open_ssl(void) {
    enum { SSL_CTRL_MODE = 33, PARTIAL_WRITE = 1, MOVING_BUFFER = 2 };
    void *library = dlopen("libssl.so.3", RTLD_NOW);
    if (!library) die("tls=1 needs libssl.so.3: apt install libssl3");
    void *(*method)(void) = (void *(*)(void))symbol(library, "TLS_client_method");
    void *(*make)(void *) = (void *(*)(void *))symbol(library, "SSL_CTX_new");
    long (*control)(void *, int, long, void *) = (long (*)(void *, int, long, void *))symbol(library, "SSL_CTX_ctrl");
    ssl.context = make(method());
    control(ssl.context, SSL_CTRL_MODE, PARTIAL_WRITE | MOVING_BUFFER, NULL);
    ssl.make = (void *(*)(void *))symbol(library, "SSL_new");
    ssl.use = (int (*)(void *, int))symbol(library, "SSL_set_fd");
    ssl.connect = (int (*)(void *))symbol(library, "SSL_connect");
    ssl.read = (int (*)(void *, void *, int))symbol(library, "SSL_read");
    ssl.write = (int (*)(void *, const void *, int))symbol(library, "SSL_write");
    ssl.error = (int (*)(const void *, int))symbol(library, "SSL_get_error");
}

/* -1 with errno, as send and recv have it. */
static ssize_t ssl_result(struct client *c, int result) {
    enum { WANT_READ = 2, WANT_WRITE = 3, CLOSED_BY_PEER = 6 };
    if (result > 0) return result;
    int why = ssl.error(c->tls, result);
    if (why == CLOSED_BY_PEER) return 0;
    if (why == WANT_READ || why == WANT_WRITE) errno = EAGAIN;
    return -1;
}

static ssize_t wire_send(struct client *c, const char *what, size_t length) {
    if (c->tls) return ssl_result(c, ssl.write(c->tls, what, (int)length));
    return send(c->fd, what, length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static ssize_t wire_receive(struct client *c, char *into, size_t most) {
    if (c->tls) return ssl_result(c, ssl.read(c->tls, into, (int)most));
    return recv(c->fd, into, most, MSG_DONTWAIT);
}

static void transmit(struct client *c, const char *what, size_t length) {
    if (!c->waiting_length) {
        ssize_t taken = wire_send(c, what, length);
        if (taken == (ssize_t)length) return;
        if (taken < 0 && errno != EAGAIN) die("client %ld: %s", (long)(c - clients), strerror(errno));
        if (taken > 0) what += taken, length -= (size_t)taken;
        watch(c, true);
    }
    c->waiting = realloc(c->waiting, c->waiting_length + length);
    memcpy(c->waiting + c->waiting_length, what, length);
    c->waiting_length += length;
}

static void transmit_waiting(struct client *c) {
    char *what = c->waiting;
    size_t length = c->waiting_length;
    c->waiting = NULL;
    c->waiting_length = 0;
    watch(c, false);
    if (length) transmit(c, what, length);
    free(what);
}

/* Ends the line of `length` bytes at `line`: with CR and LF, or as a masked frame of a WebSocket. Returns its length. */
static size_t ended(char *line, size_t length) {
    enum { FIN_TEXT = 0x81, MASKED = 0x80, MASK = 0x5a };
    if (!ask.websocket) {
        line[length] = '\r', line[length + 1] = '\n';
        return length + 2;
    }
    size_t head = length < 126 ? 6 : 8;
    for (size_t i = length; i--;) line[head + i] = line[i] ^ MASK;
    line[0] = (char)FIN_TEXT;
    line[1] = (char)(MASKED | (length < 126 ? length : 126));
    if (head == 8) line[2] = (char)(length >> 8), line[3] = (char)length;
    memset(line + head - 4, MASK, 4);
    return head + length;
}

static void command(struct client *c, const char *format, ...) {
    char line[512];
    va_list values;
    va_start(values, format);
    int length = vsnprintf(line, sizeof line - 8, format, values);
    va_end(values);
    transmit(c, line, ended(line, (size_t)length));
}

/* Sends `count` messages in one write, each stamped with `moment`. */
static void speak(struct client *c, long count, int64_t moment) {
    static char batch[1 << 18];
    size_t length = 0;
    for (; count--; sent++) {
        if (length + LINE > sizeof batch) transmit(c, batch, length), length = 0;
        char *line = batch + length, *text = line;
        if (c->labels) text += sprintf(text, "@label=%x ", c->sent);
        text += sprintf(text, "PRIVMSG #c%05d :", c->channel);
        memset(text, 'x', (size_t)ask.text);
        memset(text, ' ', HEAD);
        put_hex(text, c->place, 4);
        put_hex(text + 5, c->sent++, 8);
        put_hex(text + 14, (uint64_t)moment, 16);
        length += ended(line, (size_t)(text + ask.text - line));
        due += ask.members - 1 + c->echo;
    }
    transmit(c, batch, length);
}

static void give_credit(struct client *c, long count) {
    if (!c->credit) thirsty[thirsty_count++] = c;
    c->credit += count;
}

/* Message `number` of a channel, counted over all of its senders, may be sent. */
static void send_in_turn(long channel, long number) {
    struct client *c = &clients[channel * ask.members + number % ask.senders];
    lacking[channel * ask.few + number % ask.few] = (uint16_t)(ask.members - 1 + c->echo);
    give_credit(c, 1);
}

/* ---- receiving -------------------------------------------------------------------------------------------------- */

static void reach(struct client *c, enum state state) {
    c->state = state;
    reached[state]++;
}

static bool contains(const char *line, size_t length, const char *what) {
    return memmem(line, length, what, strlen(what)) != NULL;
}

/* A line that is no channel message of ours: the conversation around them. */
static void on_other(struct client *c, const char *line, size_t length) {
    if (length >= 5 && !memcmp(line, "PING ", 5)) {
        command(c, "PONG %.*s", (int)(length - 5), line + 5);
        return;
    }
    if (length >= 5 && !memcmp(line, "ERROR", 5)) die("the server says: %.*s", (int)length, line);
    const char *space = memchr(line, ' ', length);
    const char *verb = space ? space + 1 : line;
    size_t left = length - (size_t)(verb - line);
    if (left >= 4 && !memcmp(verb, "CAP ", 4)) {
        if (contains(verb, left, " NAK ")) die("the server lacks a capability: %.*s", (int)length, line);
    } else if (talking) {
        strange++;
    } else if (left >= 4 && (!memcmp(verb, "376 ", 4) || !memcmp(verb, "422 ", 4))) {
        if (c->state == GREETING) reach(c, WELCOMED);
    } else if (left >= 4 && !memcmp(verb, "366 ", 4)) {
        if (c->state == WELCOMED) reach(c, JOINED);
    } else if (left >= 5 && !memcmp(verb, "PONG ", 5)) {
        if (c->state == JOINED && contains(verb, left, "together")) reach(c, SYNCED);
    } else if (left >= 4 && verb[0] >= '4' && verb[0] <= '5' && verb[1] >= '0' && verb[1] <= '9' && verb[3] == ' ') {
        die("the server refuses: %.*s", (int)length, line);
    }
}

static void on_message(struct client *c, const char *text, int64_t moment) {
    long sender = hex(text, 4), number = hex(text + 5, 8);
    received++;
    if (sender < 0 || sender >= ask.senders || number < 0) {
        wrong++;
        return;
    }
    if (c->expected[sender] != (uint32_t)number) wrong++;
    c->expected[sender] = (uint32_t)number + 1;
    note_latency(moment - hex(text + 14, 16));
    if (!closed_loop) return;
    if (ask.few) {
        long turn = number * ask.senders + sender;
        uint16_t *lack = &lacking[c->channel * ask.few + turn % ask.few];
        if (*lack && !--*lack) send_in_turn(c->channel, turn + ask.few);
    } else if (c->place == ask.members - 1) {
        give_credit(c - c->place + sender, 1);
    }
}

static void on_line(struct client *c, const char *line, size_t length, int64_t moment) {
    if (length && line[length - 1] == '\r') length--;
    const char *untagged = length && *line == '@' ? memchr(line, ' ', length) : NULL;
    if (untagged) length -= (size_t)(untagged + 1 - line), line = untagged + 1;
    const char *text = line + length - ask.text;
    bool message = talking && length > (size_t)ask.text + 2 && text[-1] == ':' && text[4] == ' ' && text[13] == ' ' &&
                   line[0] != 'P' && contains(line, length - (size_t)ask.text, " PRIVMSG ");
    if (message)
        on_message(c, text, moment);
    else if (length)
        on_other(c, line, length);
}

static void read_lines(struct client *c, const char *at, size_t length, int64_t moment) {
    const char *end = at + length, *newline;
    if (c->held_length && (newline = memchr(at, '\n', length))) {
        char whole[2 * LINE];
        size_t rest = (size_t)(newline - at);
        if (c->held_length + rest > sizeof whole) die("a line of over %d bytes", LINE);
        memcpy(whole, c->held, c->held_length);
        memcpy(whole + c->held_length, at, rest);
        size_t whole_length = c->held_length + rest;
        c->held_length = 0;
        on_line(c, whole, whole_length, moment);
        at = newline + 1;
    }
    while (at < end && (newline = memchr(at, '\n', (size_t)(end - at)))) {
        on_line(c, at, (size_t)(newline - at), moment);
        at = newline + 1;
    }
    if (at == end) return;
    if (c->held_length + (size_t)(end - at) > LINE) die("a line of over %d bytes", LINE);
    if (!c->held) c->held = malloc(LINE);
    memcpy(c->held + c->held_length, at, (size_t)(end - at));
    c->held_length += (size_t)(end - at);
}

static bool may_be_message(char first) { return first == ':' || first == '@'; }

/* Frames of a WebSocket, a line each. */
static void read_frames(struct client *c, const char *at, size_t length, int64_t moment) {
    static char joined[READ + LINE];
    if (c->held_length) {
        memcpy(joined, c->held, c->held_length);
        memcpy(joined + c->held_length, at, length);
        at = joined, length += c->held_length;
        c->held_length = 0;
    }
    const char *end = at + length;
    while (end - at >= 4) {
        int code = at[0] & 15;
        size_t head = 2, size = (unsigned char)at[1];
        if (size == 126) head = 4, size = (size_t)((unsigned char)at[2] << 8 | (unsigned char)at[3]);
        if (size > LINE - 4) die("a frame of over %d bytes", LINE - 4);
        if ((size_t)(end - at) < head + size) break;
        const char *line = at + head;
        at += head + size;
        if (code == 8) die("the server closed client %ld", (long)(c - clients));
        if (code > 2) continue;
        if (talking && !c->full && size && may_be_message(*line)) received++;
        else on_line(c, line, size, moment);
    }
    if (at == end) return;
    if (!c->held) c->held = malloc(LINE);
    memcpy(c->held, at, (size_t)(end - at));
    c->held_length = (size_t)(end - at);
}

/* Counts line ends, and lines that begin like no message (a PING). One pass, vectorised. */
static void count_lines(struct client *c, const char *at, size_t length, int64_t moment) {
    unsigned lines = 0, others = 0;
    for (size_t i = 0; i + 1 < length; i++) {
        lines += at[i] == '\n';
        others += (at[i] == '\n') & (at[i + 1] != ':') & (at[i + 1] != '@');
    }
    lines += at[length - 1] == '\n';
    if (c->held_length || others || (!c->mid_line && !may_be_message(at[0]))) {
        /* rare: read this piece in full, with the sender's numbers left unchecked */
        long before = wrong;
        read_lines(c, at, length, moment);
        wrong = before;
        c->mid_line = c->held_length > 0;
        return;
    }
    received += lines;
    c->mid_line = at[length - 1] != '\n';
}

static void receive(struct client *c) {
    static char buffer[READ];
    ssize_t got = wire_receive(c, buffer, READ);
    if (got < 0 && errno == EAGAIN) return;
    if (got < 0) die("client %ld: %s", (long)(c - clients), strerror(errno));
    if (!got) die("the server closed client %ld", (long)(c - clients));
    int64_t moment = now();
    if (ask.websocket)
        read_frames(c, buffer, (size_t)got, moment);
    else if (!talking || c->full)
        read_lines(c, buffer, (size_t)got, moment);
    else
        count_lines(c, buffer, (size_t)got, moment);
}

/* Waits up to `limit` ns, then reads all that came and sends all that may be sent. */
static void turn(int64_t limit) {
    struct epoll_event ready[EVENTS];
    struct timespec wait = {limit / 1000000000, limit % 1000000000};
    int count = epoll_pwait2(poller, ready, EVENTS, &wait, NULL);
    for (int i = 0; i < count; i++) {
        struct client *c = ready[i].data.ptr;
        if (ready[i].events & EPOLLOUT) transmit_waiting(c);
        if (ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(c);
    }
    int64_t moment = now();
    for (long i = 0; i < thirsty_count; i++) {
        long credit = thirsty[i]->credit;
        thirsty[i]->credit = 0;
        speak(thirsty[i], credit, moment);
    }
    thirsty_count = 0;
}

/* ---- the stages of a run ---------------------------------------------------------------------------------------- */

static void shake_hands(struct client *c) { /* waits for the server */
    static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
                                  "Sec-WebSocket-Protocol: text.ircv3.net\r\n\r\n";
    char answer[LINE];
    size_t length = 0;
    if (ask.tls) {
        c->tls = ssl.make(ssl.context);
        ssl.use(c->tls, c->fd);
        if (ssl.connect(c->tls) != 1) die("client %ld: no TLS", (long)(c - clients));
        fcntl(c->fd, F_SETFL, O_NONBLOCK);
        return;
    }
    send(c->fd, request, sizeof request - 1, MSG_NOSIGNAL);
    while (!memmem(answer, length, "\r\n\r\n", 4)) {
        ssize_t got = recv(c->fd, answer + length, sizeof answer - length, 0);
        if (got <= 0) die("client %ld: no WebSocket", (long)(c - clients));
        length += (size_t)got;
    }
    if (!contains(answer, length, " 101 ")) die("no WebSocket: %.*s", (int)length, answer);
}

static void dial(struct client *c) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)ask.port)};
    inet_pton(AF_INET, ask.host, &address.sin_addr);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0) die("socket: %s", strerror(errno));
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address)) die("connect: %s", strerror(errno));
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    /* leave with a reset at the end: no thousands of ports in TIME_WAIT for the next run */
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
    if (ask.tls || ask.websocket) shake_hands(c);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event);
    reach(c, GREETING);
    char lines[512];
    size_t length = 0;
    if (*c->caps) length = ended(lines, (size_t)sprintf(lines, "CAP REQ :%s", c->caps));
    length += ended(lines + length, (size_t)sprintf(lines + length, "NICK u%05ld", (long)(c - clients)));
    length += ended(lines + length, (size_t)sprintf(lines + length, "USER bench 0 * :bench"));
    if (*c->caps) length += ended(lines + length, (size_t)sprintf(lines + length, "CAP END"));
    transmit(c, lines, length);
}

static void join(struct client *c) { command(c, "JOIN #c%05d", c->channel); }
static void sync_up(struct client *c) { command(c, "PING together"); }

/* Lets the first `count` clients do `step`, `at_once` at a time, until all of them have reached `state`. */
static void bring(long count, enum state state, void (*step)(struct client *)) {
    int64_t patience = now() + ask.patience_ms * 1000000;
    for (long begun = reached[state]; reached[state] < count;) {
        while (begun < count && begun - reached[state] < ask.at_once) step(&clients[begun++]);
        turn(100000000);
        if (now() > patience)
            die("only %ld of %ld clients were served within %ld ms", reached[state], count, ask.patience_ms);
    }
}

static void equip(struct client *c, long number) {
    static const char *const sets[] = {"", "server-time", "server-time message-tags account-tag",
                                       "server-time message-tags account-tag echo-message labeled-response batch"};
    long set = ask.caps == 0 ? 0 : ask.caps == 1 ? 3 : (number + number / 4) % 4;
    c->caps = sets[set];
    c->echo = c->labels = set == 3;
}

/* Waits for the messages that are under way. True when each was received exactly as often as it should. */
static bool drain(void) {
    int64_t patience = now() + ask.drain_ms * 1000000, quiet;
    closed_loop = false;
    while (received < due && now() < patience) turn(10000000);
    for (quiet = now() + 20000000; now() < quiet;) turn(5000000); /* would a copy too many come? */
    return received == due;
}

/* What had been counted and spent at one moment; two of them are a measured window. */
struct moment {
    int64_t at;
    double server, own, machine;
    long received, sent;
};

static struct moment mark(void) {
    return (struct moment){now(), over_pids(cpu_of), own_cpu(), machine_cpu(), received, sent};
}

static void print_costs(const char *name, struct moment begin, struct moment end) {
    printf(", \"%s\": {\"seconds\": %.6f, \"server_cpu\": %.3f, \"generator_cpu\": %.3f, \"machine_cpu\": %.3f", name,
           (double)(end.at - begin.at) / 1e9, end.server - begin.server, end.own - begin.own,
           end.machine - begin.machine);
}

static void report(const char *name, struct moment begin, struct moment end, bool complete) {
    long others = due ? (long)((double)(end.received - begin.received) * (double)(sent * (ask.members - 1)) / (double)due) : 0;
    print_costs(name, begin, end);
    printf(", \"messages\": %ld, \"deliveries\": %ld, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f, "
           "\"samples\": %ld, \"complete\": %s, \"wrong\": %ld, \"strange\": %ld, \"total_sent\": %ld, "
           "\"total_received\": %ld}",
           end.sent - begin.sent, others, latency_ms(0.5), latency_ms(0.99), latency_ms(1),
           latencies, complete ? "true" : "false", wrong, strange, sent, received);
}

/* Waits until the server uses less than a hundredth of a core, and prints all that it has used since `start`. */
static void print_settled(struct moment start) {
    int64_t patience = now() + ask.drain_ms * 1000000;
    double before, spent = over_pids(cpu_of);
    do {
        before = spent;
        for (int64_t end = now() + 2000000000; now() < end;) turn(100000000);
        spent = over_pids(cpu_of);
    } while (spent - before > 0.02 && now() < patience);
    print_costs("settled", start, mark());
    printf(", \"messages\": %ld}", sent);
}

static void run_closed(void) {
    closed_loop = true;
    struct moment start = mark();
    for (long i = 0; i < client_count; i++) {
        clients[i].full = ask.few || ask.check || clients[i].place == ask.members - 1;
        if (!ask.few && clients[i].place < ask.senders) give_credit(&clients[i], ask.window);
    }
    for (long i = 0; i < ask.channels * ask.few; i++) send_in_turn(i / ask.few, i % ask.few);
    for (int64_t end = now() + ask.warmup_ms * 1000000; now() < end;) turn(1000000);
    forget_latencies();
    struct moment begin = mark();
    for (int64_t end = begin.at + ask.seconds_ms * 1000000; now() < end;) turn(1000000);
    struct moment end = mark();
    bool complete = drain();
    report("closed", begin, end, complete);
    if (ask.settle) print_settled(start);
}

static void run_open(void) {
    double interval = 1e9 / (double)ask.rate;
    long due = 0, speakers = ask.channels * ask.senders;
    for (long i = 0; i < client_count; i++) {
        clients[i].full = true;
        /* counting did not follow the numbers; from here on they are followed */
        for (long s = 0; s < ask.senders; s++) clients[i].expected[s] = clients[i - clients[i].place + s].sent;
    }
    forget_latencies();
    struct moment begin = mark();
    int64_t end = begin.at + ask.seconds_ms * 1000000;
    for (;;) {
        int64_t moment = now(), next = begin.at + (int64_t)((double)due * interval);
        if (next >= end && moment >= end) break;
        for (; next <= moment && next < end; next = begin.at + (int64_t)((double)++due * interval)) {
            long speaker = due % speakers; /* channel by channel, then the next sender of each */
            speak(&clients[speaker % ask.channels * ask.members + speaker / ask.channels], 1, next);
        }
        int64_t until = next < end ? next : end;
        turn(until > now() ? until - now() : 0);
    }
    struct moment finish = mark();
    bool complete = drain();
    report("open", begin, finish, complete);
}

static void parse(int count, char **arguments) {
    struct { const char *name; long *value; } numbers[] = {
        {"port", &ask.port}, {"channels", &ask.channels}, {"members", &ask.members}, {"senders", &ask.senders},
        {"window", &ask.window}, {"few", &ask.few}, {"rate", &ask.rate}, {"milliseconds", &ask.seconds_ms}, {"warmup", &ask.warmup_ms},
        {"text", &ask.text}, {"at_once", &ask.at_once}, {"idle", &ask.idle}, {"check", &ask.check},
        {"patience", &ask.patience_ms}, {"drain", &ask.drain_ms}, {"caps", &ask.caps}, {"tls", &ask.tls},
        {"websocket", &ask.websocket}, {"settle", &ask.settle}, {"storm", &ask.storm}};
    size_t known = sizeof numbers / sizeof *numbers;
    for (int i = 1; i < count; i++) {
        char *value = strchr(arguments[i], '=');
        if (!value) die("usage: load name=value ...; not %s", arguments[i]);
        *value++ = 0;
        size_t which = 0;
        while (which < known && strcmp(numbers[which].name, arguments[i])) which++;
        if (which < known) *numbers[which].value = atol(value);
        else if (!strcmp(arguments[i], "host")) snprintf(ask.host, sizeof ask.host, "%s", value);
        else if (!strcmp(arguments[i], "pids")) snprintf(ask.pids, sizeof ask.pids, "%s", value);
        else die("no setting %s", arguments[i]);
    }
    if (ask.port < 1 || ask.port > 65535) die("port=1-65535 is needed");
    if (ask.text < HEAD || ask.text > 400) die("text=%d-400", HEAD);
    if (ask.members < 1 || ask.channels < 1 || ask.channels * ask.members > 99999) die("1 to 99999 clients");
    if (!ask.idle && (ask.senders < 1 || ask.senders >= ask.members)) die("senders=1 to members-1");
    if (ask.few < 0 || ask.few > 1000) die("few=0-1000");
    if (ask.tls && ask.websocket) die("tls or websocket");
}

int main(int count, char **arguments) {
    parse(count, arguments);
    client_count = ask.channels * ask.members;
    clients = calloc((size_t)client_count, sizeof *clients);
    thirsty = calloc((size_t)client_count, sizeof *thirsty);
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (!clients || !thirsty || poller < 0) die("start: %s", strerror(errno));
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    prctl(PR_SET_TIMERSLACK, 1000UL); /* ns; the open loop's timetable */
    for (long i = 0; i < client_count; i++) {
        clients[i].place = (uint16_t)(i % ask.members);
        clients[i].channel = (int)(i / ask.members);
        clients[i].expected = calloc((size_t)ask.senders, sizeof(uint32_t));
        equip(&clients[i], i);
    }
    lacking = calloc((size_t)(ask.channels * ask.few + 1), sizeof *lacking);
    if (ask.tls) open_ssl();

    double memory = over_pids(memory_of);
    printf("{\"clients\": %ld", client_count);
    struct moment begin = mark();
    bring(client_count, WELCOMED, dial);
    struct moment welcomed = mark();
    print_costs("register", begin, welcomed);
    printf("}");
    if (ask.storm) {
        bring(client_count / 2, JOINED, join);
        for (int64_t calm = now() + 500000000; now() < calm;) turn(50000000);
        welcomed = mark();
    }
    bring(client_count, JOINED, join);
    bring(client_count, SYNCED, sync_up); /* a PONG comes after every JOIN before it */
    print_costs("join", welcomed, mark());
    printf("}");
    if (ask.idle) {
        for (int64_t calm = now() + 500000000; now() < calm;) turn(50000000); /* let the server finish what it began */
        printf(", \"idle\": {\"before_kb\": %.0f, \"after_kb\": %.0f}", memory, over_pids(memory_of));
    } else {
        talking = true;
        if (ask.window || ask.few) run_closed();
        if (ask.rate) run_open();
    }
    printf("}\n");
}
