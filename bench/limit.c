/* The least a chat server can do: the floor that every other row of the table is compared with.
 *
 * One thread, one epoll loop. A tick is one epoll_wait: everything that can be read is read, each channel's new
 * lines are joined once, and every member gets them with one send(). No names are checked, nothing is kept,
 * nothing is refused; what is measured is the kernel and a few copies.
 *
 * Speaks just enough IRC for the load generator: NICK, USER, JOIN (one channel), PRIVMSG (to a channel), PING,
 * QUIT. JOINs are not announced to the other members.
 *
 *     cc -O3 -o limit limit.c && ./limit 127.0.0.1 50000      (port 0 takes a free one; it is printed)
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_FD = 1 << 17, TABLE = 1 << 14, LINE = 512, READ = 1 << 16, NAME = 64, EVENTS = 1024 };
#define MAX_PENDING (64u << 20) /* a reader this far behind is cut off */

struct bytes {
    char *at;
    size_t length, room;
};

struct span {
    int speaker;
    size_t start, end;
};

struct channel {
    char name[NAME];
    int *members, count, room;
    struct bytes news;   /* this tick's lines, joined */
    struct span *spans;  /* who said which part of them: nobody hears himself */
    int span_count, span_room;
    struct channel *next_dirty;
};

struct client {
    bool open, spoke;
    char prefix[NAME + 32]; /* ":nick!bench@127.0.0.1 " */
    char nick[NAME];
    bool welcomed, has_user;
    struct channel *channel;
    char held[LINE]; /* the part of a line whose end has not come yet */
    size_t held_length;
    struct bytes pending; /* what the socket did not take */
};

static struct client *clients[MAX_FD];
static struct channel *table[TABLE];
static struct channel *dirty;
static int poller;

static void die(const char *what) {
    fprintf(stderr, "limit: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void *grown(void *old, size_t size) {
    void *new = realloc(old, size);
    if (!new) die("memory");
    return new;
}

static void append(struct bytes *to, const void *what, size_t length) {
    if (to->length + length > to->room) {
        to->room = 2 * (to->length + length);
        to->at = grown(to->at, to->room);
    }
    memcpy(to->at + to->length, what, length);
    to->length += length;
}

static void watch(int fd, bool for_writing) {
    struct epoll_event event = {.events = EPOLLIN | (for_writing ? EPOLLOUT : 0), .data.fd = fd};
    epoll_ctl(poller, EPOLL_CTL_MOD, fd, &event);
}

static void leave(int fd, struct channel *channel) {
    for (int i = 0; i < channel->count; i++)
        if (channel->members[i] == fd) {
            channel->members[i] = channel->members[--channel->count];
            return;
        }
}

static void drop(int fd) {
    struct client *client = clients[fd];
    if (client->channel) leave(fd, client->channel);
    free(client->pending.at);
    free(client);
    clients[fd] = NULL;
    close(fd);
}

/* False when the client is gone. */
static bool deliver(int fd, const char *what, size_t length) {
    struct client *client = clients[fd];
    if (!client->pending.length) {
        ssize_t taken = send(fd, what, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (taken == (ssize_t)length) return true;
        if (taken < 0 && errno != EAGAIN) return drop(fd), false;
        if (taken > 0) what += taken, length -= (size_t)taken;
        watch(fd, true);
    }
    append(&client->pending, what, length);
    if (client->pending.length > MAX_PENDING) return drop(fd), false;
    return true;
}

static void deliver_pending(int fd) {
    struct bytes waiting = clients[fd]->pending;
    clients[fd]->pending = (struct bytes){0};
    watch(fd, false);
    deliver(fd, waiting.at, waiting.length);
    free(waiting.at);
}

static bool reply(int fd, const char *format, ...) {
    char line[2 * LINE];
    va_list values;
    va_start(values, format);
    int length = vsnprintf(line, sizeof line, format, values);
    va_end(values);
    return deliver(fd, line, (size_t)length);
}

static struct channel *find_channel(const char *name, bool make) {
    unsigned hash = 2166136261u;
    for (const char *c = name; *c; c++) hash = (hash ^ (unsigned char)*c) * 16777619u;
    for (unsigned i = hash % TABLE;; i = (i + 1) % TABLE) {
        if (table[i] && !strcmp(table[i]->name, name)) return table[i];
        if (table[i]) continue;
        if (!make) return NULL;
        table[i] = calloc(1, sizeof **table);
        if (!table[i]) die("memory");
        snprintf(table[i]->name, NAME, "%s", name);
        return table[i];
    }
}

static bool join(int fd, const char *name) {
    struct client *client = clients[fd];
    struct channel *channel = find_channel(name, true);
    if (!client->channel) {
        if (channel->count == channel->room) {
            channel->room = 2 * channel->room + 4;
            channel->members = grown(channel->members, (size_t)channel->room * sizeof(int));
        }
        channel->members[channel->count++] = fd;
        client->channel = channel;
    }
    return reply(fd, "%sJOIN %s\r\n:limit 366 %s %s :End of /NAMES list.\r\n", client->prefix, name,
                 client->nick, name);
}

static void say(int fd, const char *target, const char *line, size_t length) {
    struct client *client = clients[fd];
    struct channel *channel = find_channel(target, false);
    if (!channel) return;
    if (!channel->news.length) channel->next_dirty = dirty, dirty = channel;
    if (channel->span_count == channel->span_room) {
        channel->span_room = 2 * channel->span_room + 16;
        channel->spans = grown(channel->spans, (size_t)channel->span_room * sizeof(struct span));
    }
    struct span *span = &channel->spans[channel->span_count++];
    span->speaker = fd;
    span->start = channel->news.length;
    append(&channel->news, client->prefix, strlen(client->prefix));
    append(&channel->news, line, length);
    append(&channel->news, "\r\n", 2);
    span->end = channel->news.length;
    client->spoke = true;
}

/* One line without its end. False when the client is gone. */
static bool obey(int fd, const char *line, size_t length) {
    struct client *client = clients[fd];
    char command[16], target[NAME];
    size_t i = 0, j = 0;
    while (i < length && i < sizeof command - 1 && line[i] != ' ') command[i] = line[i], i++;
    command[i] = 0;
    while (i < length && line[i] == ' ') i++;
    if (i < length && line[i] == ':') i++;
    while (i + j < length && j < NAME - 1 && line[i + j] != ' ') target[j] = line[i + j], j++;
    target[j] = 0;

    if (!strcasecmp(command, "PRIVMSG")) return say(fd, target, line, length), true;
    if (!strcasecmp(command, "PING")) return reply(fd, ":limit PONG limit :%s\r\n", target);
    if (!strcasecmp(command, "JOIN")) return join(fd, target);
    if (!strcasecmp(command, "QUIT")) return drop(fd), false;
    if (!strcasecmp(command, "USER")) client->has_user = true;
    if (!strcasecmp(command, "NICK")) {
        snprintf(client->nick, NAME, "%s", target);
        snprintf(client->prefix, sizeof client->prefix, ":%s!bench@127.0.0.1 ", target);
    }
    if (client->welcomed || !client->has_user || !client->nick[0]) return true;
    client->welcomed = true;
    return reply(fd, ":limit 001 %s :Welcome\r\n:limit 422 %s :No MOTD\r\n", client->nick, client->nick);
}

static void read_from(int fd) {
    static char buffer[LINE + READ];
    struct client *client = clients[fd];
    memcpy(buffer, client->held, client->held_length);
    ssize_t got = recv(fd, buffer + client->held_length, READ, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return drop(fd);
    char *at = buffer, *end = buffer + client->held_length + got, *newline;
    while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
        size_t length = (size_t)(newline - at);
        if (length && at[length - 1] == '\r') length--;
        if (length && !obey(fd, at, length)) return;
        at = newline + 1;
    }
    if (end - at > LINE) return drop(fd);
    client->held_length = (size_t)(end - at);
    memcpy(client->held, at, client->held_length);
}

static void send_news(struct channel *channel) {
    static struct bytes others;
    /* from the end, since a member whose socket fails is taken out of the list while we walk it */
    for (int i = channel->count - 1; i >= 0; i--) {
        int fd = channel->members[i];
        if (!clients[fd]->spoke) {
            deliver(fd, channel->news.at, channel->news.length);
            continue;
        }
        others.length = 0;
        for (struct span *s = channel->spans; s < channel->spans + channel->span_count; s++)
            if (s->speaker != fd) append(&others, channel->news.at + s->start, s->end - s->start);
        clients[fd]->spoke = false;
        if (others.length) deliver(fd, others.at, others.length);
    }
    channel->news.length = 0;
    channel->span_count = 0;
}

static void welcome_new(int listener) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && errno == EAGAIN) return;
        if (fd < 0 || fd >= MAX_FD) die("accept");
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        clients[fd] = calloc(1, sizeof **clients);
        if (!clients[fd]) die("memory");
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
    }
}

static int listen_on(const char *host, int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1 ||
        bind(listener, (struct sockaddr *)&address, size) || listen(listener, 4096))
        die("listen");
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("listening on %s:%d\n", host, ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

int main(int count, char **arguments) {
    if (count != 3) return fprintf(stderr, "usage: limit ADDRESS PORT\n"), 2;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    poller = epoll_create1(EPOLL_CLOEXEC);
    int listener = listen_on(arguments[1], atoi(arguments[2]));
    struct epoll_event ready[EVENTS], first = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &first);

    for (;;) {
        int events = epoll_wait(poller, ready, EVENTS, -1);
        for (int i = 0; i < events; i++) {
            int fd = ready[i].data.fd;
            if (fd == listener) {
                welcome_new(listener);
                continue;
            }
            if (clients[fd] && ready[i].events & EPOLLOUT) deliver_pending(fd);
            if (clients[fd] && ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_from(fd);
        }
        for (struct channel *next; dirty; dirty = next) {
            next = dirty->next_dirty;
            send_news(dirty);
        }
    }
}
