// Socket calls that end the process with a message when they fail, so that the cases read as what they show.
#ifndef WEIR_WORKLOAD_SOCKETS_H
#define WEIR_WORKLOAD_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct address {
	struct sockaddr_storage name;
	socklen_t length;
};

struct address address_of(const char *ip, int port);
int port_of(const struct address *address);
void set_port(struct address *address, int port);
const char *text_of(const struct address *address, char *text, size_t size);
struct sockaddr *raw(struct address *address);

struct address own_name(int socket);
struct address peer_name(int socket);
// IPPROTO_TCP for MPTCP too: what is on the wire.
int protocol_of(int socket);
// The address that the kernel takes as source towards `to`, with this port.
struct address source_towards(const struct address *to, int port);

// Ends the process with what failed and why.
_Noreturn void fail(const char *what);

// protocol 0 = the usual one. Port 0 is filled in.
int listening(struct address *at, int protocol, bool reuse_port);
int accepted(int listener);
int tcp_connected(const struct address *to, int protocol);
int udp_socket(const struct address *like);
int udp_bound(struct address *at);
void join(int socket, const struct address *to); // connect()

// One request and its answer; the other side answers until the end of the stream.
void ask(int socket);
void answer_once(int socket);
void answer_all(int socket);
// Closes without TIME_WAIT, so that many connections find free ports.
void reset(int socket);

void send_descriptor(int channel, int descriptor);
// -1 at the end of the channel.
int receive_descriptor(int channel);

#endif
