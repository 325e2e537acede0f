#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

_Noreturn void fail(const char *what)
{
	fprintf(stderr, "workload: %s: %s\n", what, strerror(errno));
	_exit(1);
}

struct address address_of(const char *ip, int port)
{
	struct address made = {0};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&made.name;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&made.name;

	if (inet_pton(AF_INET, ip, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		made.length = sizeof(*v4);
	} else if (inet_pton(AF_INET6, ip, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		made.length = sizeof(*v6);
	} else {
		errno = EINVAL;
		fail(ip);
	}
	set_port(&made, port);
	return made;
}

struct sockaddr *raw(struct address *address)
{
	return (struct sockaddr *)&address->name;
}

// The port is at the same place in both families.
int port_of(const struct address *address)
{
	return ntohs(((const struct sockaddr_in *)&address->name)->sin_port);
}

void set_port(struct address *address, int port)
{
	((struct sockaddr_in *)&address->name)->sin_port = htons((in_port_t)port);
}

const char *text_of(const struct address *address, char *text, size_t size)
{
	const void *octets = address->name.ss_family == AF_INET
				     ? (const void *)&((const struct sockaddr_in *)&address->name)->sin_addr
				     : (const void *)&((const struct sockaddr_in6 *)&address->name)->sin6_addr;

	if (!inet_ntop(address->name.ss_family, octets, text, (socklen_t)size))
		fail("inet_ntop");
	return text;
}

struct address own_name(int socket)
{
	struct address found = {.length = sizeof(found.name)};

	if (getsockname(socket, raw(&found), &found.length))
		fail("getsockname");
	return found;
}

// The peer may have gone already: then it is the peer's name that the caller cannot know.
struct address peer_name(int socket)
{
	struct address found = {.length = sizeof(found.name)};

	if (getpeername(socket, raw(&found), &found.length))
		fail("getpeername");
	return found;
}

int protocol_of(int socket)
{
	int protocol = 0;
	socklen_t size = sizeof(protocol);

	if (getsockopt(socket, SOL_SOCKET, SO_PROTOCOL, &protocol, &size))
		fail("SO_PROTOCOL");
	return protocol == IPPROTO_MPTCP ? IPPROTO_TCP : protocol;
}

struct address source_towards(const struct address *to, int port)
{
	struct address other = *to, found;
	int probe = udp_socket(to);

	if (port_of(&other) == 0)
		set_port(&other, 9);
	join(probe, &other);
	found = own_name(probe);
	close(probe);
	set_port(&found, port);
	return found;
}

int listening(struct address *at, int protocol, bool reuse_port)
{
	int listener = socket(at->name.ss_family, SOCK_STREAM, protocol);
	struct address name;
	int on = 1;

	if (listener < 0)
		fail("socket");
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (reuse_port && setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)))
		fail("SO_REUSEPORT");
	if (bind(listener, raw(at), at->length))
		fail("bind");
	if (listen(listener, 4096))
		fail("listen");
	name = own_name(listener);
	set_port(at, port_of(&name));
	return listener;
}

int accepted(int listener)
{
	int connection = accept(listener, NULL, NULL);

	if (connection < 0)
		fail("accept");
	return connection;
}

void join(int socket, const struct address *to)
{
	if (connect(socket, (const struct sockaddr *)&to->name, to->length))
		fail("connect");
}

int tcp_connected(const struct address *to, int protocol)
{
	int connection = socket(to->name.ss_family, SOCK_STREAM, protocol);

	if (connection < 0)
		fail("socket");
	join(connection, to);
	return connection;
}

int udp_socket(const struct address *like)
{
	int made = socket(like->name.ss_family, SOCK_DGRAM, 0);

	if (made < 0)
		fail("socket");
	return made;
}

int udp_bound(struct address *at)
{
	int made = udp_socket(at);
	struct address name;

	if (bind(made, raw(at), at->length))
		fail("bind");
	name = own_name(made);
	set_port(at, port_of(&name));
	return made;
}

void ask(int socket)
{
	char answer[8];

	if (send(socket, "ping", 4, MSG_NOSIGNAL) != 4)
		fail("send");
	if (recv(socket, answer, sizeof(answer), 0) <= 0)
		fail("recv");
}

void answer_once(int socket)
{
	char request[64];
	ssize_t length = recv(socket, request, sizeof(request), 0);

	if (length > 0)
		send(socket, request, (size_t)length, MSG_NOSIGNAL);
}

void answer_all(int socket)
{
	char request[4096];
	ssize_t length;

	while ((length = recv(socket, request, sizeof(request), 0)) > 0)
		send(socket, request, (size_t)length, MSG_NOSIGNAL);
}

void reset(int socket)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(socket);
}

union descriptor_message {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

void send_descriptor(int channel, int descriptor)
{
	union descriptor_message control = {0};
	struct iovec octet = {.iov_base = "x", .iov_len = 1};
	struct msghdr message = {.msg_iov = &octet,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
	if (sendmsg(channel, &message, 0) != 1)
		fail("sendmsg");
}

int receive_descriptor(int channel)
{
	union descriptor_message control = {0};
	char octet;
	struct iovec place = {.iov_base = &octet, .iov_len = 1};
	struct msghdr message = {.msg_iov = &place,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	int descriptor = -1;

	if (recvmsg(channel, &message, 0) != 1)
		return -1;
	if (CMSG_FIRSTHDR(&message))
		memcpy(&descriptor, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return descriptor;
}
