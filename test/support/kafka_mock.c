// kafka_mock TOPIC: a Kafka broker on loopback (librdkafka's own mock) with one topic of one partition. Prints
// `brokers HOST:PORT`, then each message that it gets, `KEY<tab>VALUE`, as a consumer reads it; ends with its standard input.
// Lines it takes there: `down`, `up`, `rtt MS` (slow from now on), `fail N` (the next N produce requests).
// `gap N` are N messages that the mock, which keeps 5 MB, gave up before the consumer read them.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void set(rd_kafka_conf_t *settings, const char *name, const char *value)
{
	char why[256];

	if (rd_kafka_conf_set(settings, name, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
		return;
	fprintf(stderr, "kafka_mock: %s=%s: %s\n", name, value, why);
	exit(1);
}

static rd_kafka_t *client(rd_kafka_type_t type, const char *brokers)
{
	rd_kafka_conf_t *settings = rd_kafka_conf_new();
	rd_kafka_t *made;
	char why[256];

	set(settings, "bootstrap.servers", brokers);
	set(settings, "log_level", "0");
	if (type == RD_KAFKA_CONSUMER) {
		set(settings, "group.id", "kafka_mock");
		set(settings, "auto.offset.reset", "earliest");
		set(settings, "fetch.wait.max.ms", "50");
	}
	made = rd_kafka_new(type, settings, why, sizeof(why));
	if (made)
		return made;
	fprintf(stderr, "kafka_mock: %s\n", why);
	exit(1);
}

static void read_from_start(rd_kafka_t *consumer, const char *topic)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

	rd_kafka_topic_partition_list_add(list, topic, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
	rd_kafka_assign(consumer, list);
	rd_kafka_topic_partition_list_destroy(list);
}

enum { BROKER = 1, PRODUCE = 0 };

static void obey(rd_kafka_mock_cluster_t *cluster, const char *line)
{
	int number;

	if (strcmp(line, "down\n") == 0)
		rd_kafka_mock_broker_set_down(cluster, BROKER);
	else if (strcmp(line, "up\n") == 0)
		rd_kafka_mock_broker_set_up(cluster, BROKER);
	else if (sscanf(line, "rtt %d", &number) == 1)
		rd_kafka_mock_broker_set_rtt(cluster, BROKER, number);
	else if (sscanf(line, "fail %d", &number) == 1)
		while (number-- > 0)
			rd_kafka_mock_push_request_errors(cluster, PRODUCE, 1, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
}

static int obey_input(rd_kafka_mock_cluster_t *cluster)
{
	struct pollfd input = {STDIN_FILENO, POLLIN, 0};
	static char line[64];
	static size_t length;
	char octet;

	while (poll(&input, 1, 0) > 0) {
		if (read(STDIN_FILENO, &octet, 1) <= 0)
			return 0;
		line[length++] = octet;
		line[length] = 0;
		if (octet == '\n')
			obey(cluster, line);
		if (octet == '\n' || length + 1 == sizeof(line))
			length = 0;
	}
	return 1;
}

int main(int count, char **arguments)
{
	rd_kafka_mock_cluster_t *cluster;
	rd_kafka_t *host, *consumer;
	int64_t expected = 0;

	if (count != 2) {
		fprintf(stderr, "usage: kafka_mock TOPIC\n");
		return 2;
	}
	host = client(RD_KAFKA_PRODUCER, "127.0.0.1:1"); // not used, but missed
	cluster = rd_kafka_mock_cluster_new(host, 1);
	rd_kafka_mock_topic_create(cluster, arguments[1], 1, 1);
	consumer = client(RD_KAFKA_CONSUMER, rd_kafka_mock_cluster_bootstraps(cluster));
	read_from_start(consumer, arguments[1]);
	printf("brokers %s\n", rd_kafka_mock_cluster_bootstraps(cluster));
	fflush(stdout);
	while (obey_input(cluster)) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 100);

		if (!message)
			continue;
		if (!message->err) {
			if (message->offset > expected)
				printf("gap %lld\n", (long long)(message->offset - expected));
			expected = message->offset + 1;
			printf("%.*s\t%.*s\n", (int)message->key_len, (char *)message->key, (int)message->len,
			       (char *)message->payload);
			fflush(stdout);
		}
		rd_kafka_message_destroy(message);
	}
	return 0;
}
