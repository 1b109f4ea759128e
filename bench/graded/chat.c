/* A right server for the lessons in C: one thread, poll(), a bounded buffer for each person. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PEOPLE = 200, LONGEST = 1000, WAITING = 200000 };

struct person {
    int fd, leaving, filled;
    char name[21], line[LONGEST + 2];
    char *out;
    size_t start, end;
} all[PEOPLE];

static void leave(struct person *p);

static void post(struct person *p, const char *text, size_t length) {
    if (p->fd < 0) return;
    if (p->end + length > WAITING) {
        memmove(p->out, p->out + p->start, p->end - p->start);
        p->end -= p->start;
        p->start = 0;
    }
    if (p->end + length > WAITING) {
        leave(p);
        return;
    }
    memcpy(p->out + p->end, text, length);
    p->end += length;
}

static void tell(const char *text, size_t length, struct person *but) {
    for (int i = 0; i < PEOPLE; i++)
        if (all[i].fd >= 0 && all[i].name[0] && &all[i] != but) post(&all[i], text, length);
}

static void leave(struct person *p) {
    char text[64], name[21];
    if (p->fd < 0) return;
    strcpy(name, p->name);
    close(p->fd);
    p->fd = -1;
    if (name[0]) tell(text, (size_t)snprintf(text, sizeof text, "* %s left\n", name), p);
}

static int is_good(const char *name) {
    size_t length = strlen(name);
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i])) return 0;
    for (int i = 0; i < PEOPLE; i++)
        if (all[i].fd >= 0 && !strcasecmp(all[i].name, name)) return 0;
    return length >= 1 && length <= 20;
}

static void enter(struct person *p, const char *name) {
    static char text[PEOPLE * 22 + 64];
    size_t length = (size_t)sprintf(text, "* here:");
    if (!is_good(name)) {
        post(p, "* choose another name\n", 22);
        return;
    }
    for (int i = 0; i < PEOPLE; i++)
        if (all[i].fd >= 0 && all[i].name[0]) length += (size_t)sprintf(text + length, " %s", all[i].name);
    text[length++] = '\n';
    post(p, text, length);
    strcpy(p->name, name);
    length = (size_t)sprintf(text, "* %s joined\n", name);
    tell(text, length, p);
}

/* How many bytes a letter of UTF-8 has here; 0 if it is none. */
static int letter(const unsigned char *s) {
    int more = s[0] < 0x80 ? 0 : (s[0] & 0xe0) == 0xc0 ? 1 : (s[0] & 0xf0) == 0xe0 ? 2 : (s[0] & 0xf8) == 0xf0 ? 3 : -1;
    for (int i = 1; i <= more; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    return more + 1;
}

static void said(struct person *p) {
    char text[LONGEST + 64];
    size_t length;
    if (p->filled && p->line[p->filled - 1] == '\r') p->filled--;
    p->line[p->filled] = 0;
    for (int i = 0; i < p->filled;) {
        int bytes = letter((unsigned char *)p->line + i);
        if (bytes == 0 || (unsigned char)p->line[i] < 32 || p->line[i] == 127) p->line[i] = '?';
        i += bytes ? bytes : 1;
    }
    if (!p->name[0]) {
        enter(p, p->line);
    } else if (!strcmp(p->line, "quit")) {
        p->leaving = 1;
    } else {
        length = (size_t)sprintf(text, "%s: %s\n", p->name, p->line);
        tell(text, length, p);
    }
}

static void hear(struct person *p) {
    char data[4096];
    ssize_t count = recv(p->fd, data, sizeof data, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) p->leaving = 1;
    for (ssize_t i = 0; i < count && !p->leaving; i++) {
        if (data[i] == '\n') {
            said(p);
            p->filled = 0;
        } else if (p->filled > LONGEST) {
            p->leaving = 1;
        } else {
            p->line[p->filled++] = data[i];
        }
    }
}

static void give(struct person *p) {
    ssize_t count = send(p->fd, p->out + p->start, p->end - p->start, MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN && errno != EINTR) p->leaving = 1;
    if (count > 0) p->start += (size_t)count;
    if (p->start == p->end) p->start = p->end = 0;
}

static void welcome(int door) {
    int fd = accept(door, NULL, NULL);
    if (fd < 0) return;
    for (int i = 0; i < PEOPLE; i++) {
        if (all[i].fd >= 0) continue;
        char *out = all[i].out ? all[i].out : malloc(WAITING);
        memset(&all[i], 0, sizeof all[i]);
        all[i].fd = fd;
        all[i].out = out;
        fcntl(fd, F_SETFL, O_NONBLOCK);
        return;
    }
    close(fd);
}

int main(int count, char **words) {
    int door = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(words[count - 1]))};
    struct pollfd polled[PEOPLE + 1];
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(door, (struct sockaddr *)&here, sizeof here) || listen(door, 64)) return perror("listen"), 1;
    for (int i = 0; i < PEOPLE; i++) all[i].fd = -1;
    for (;;) {
        for (int i = 0; i < PEOPLE; i++) {
            polled[i].fd = all[i].fd;
            polled[i].events = (short)(POLLIN | (all[i].end > all[i].start ? POLLOUT : 0));
        }
        polled[PEOPLE].fd = door;
        polled[PEOPLE].events = POLLIN;
        poll(polled, PEOPLE + 1, -1);
        for (int i = 0; i < PEOPLE; i++) {
            if (all[i].fd < 0 || all[i].fd != polled[i].fd) continue;
            if (polled[i].revents & (POLLIN | POLLHUP | POLLERR)) hear(&all[i]);
            if (all[i].fd >= 0 && all[i].end > all[i].start) give(&all[i]);
            if (all[i].fd >= 0 && all[i].leaving) leave(&all[i]);
        }
        if (polled[PEOPLE].revents) welcome(door);
    }
}
