-- Flows from Kafka into ClickHouse: a queue that reads the topic, a table that keeps them, and a view between the two.
-- For weir -T default (or any template with these fields) --to 'kafka://kafka:9092/flows?naming=ipfix&time=iso'.
--
-- The Kafka engine is not run here. Tests check the syntax with clickhouse-format and the columns against weir's catalogue; the
-- view and the query were tried once with ClickHouse 26.9 (chdb) on lines written by weir.

CREATE DATABASE IF NOT EXISTS weir;

-- Columns are the JSON keys. A key that a line does not have is 0 or '', a key that is no column is skipped.
CREATE TABLE weir.flows_queue
(
    flowStartMilliseconds String,
    flowEndMilliseconds String,
    sourceIPv4Address String,
    destinationIPv4Address String,
    sourceIPv6Address String,
    destinationIPv6Address String,
    sourceTransportPort UInt16,
    destinationTransportPort UInt16,
    protocolIdentifier UInt8,
    octetDeltaCount UInt64,
    packetDeltaCount UInt64,
    reverseOctetDeltaCount UInt64,
    reversePacketDeltaCount UInt64,
    tcpControlBits UInt16,
    reverseTcpControlBits UInt16,
    ipClassOfService UInt8,
    ingressInterface UInt32,
    egressInterface UInt32,
    vlanId UInt16,
    flowEndReason UInt8,
    biflowDirection UInt8,
    flowId UInt64
)
ENGINE = Kafka
SETTINGS
    kafka_broker_list = 'kafka:9092',
    kafka_topic_list = 'flows',
    kafka_group_name = 'clickhouse',
    kafka_format = 'JSONEachRow';

-- One address column for both versions: IPv4 is ::ffff:a.b.c.d.
CREATE TABLE weir.flows
(
    flowStart DateTime64(3, 'UTC'),
    flowEnd DateTime64(3, 'UTC'),
    sourceAddress IPv6,
    destinationAddress IPv6,
    sourceTransportPort UInt16,
    destinationTransportPort UInt16,
    protocolIdentifier UInt8,
    octetDeltaCount UInt64,
    packetDeltaCount UInt64,
    reverseOctetDeltaCount UInt64,
    reversePacketDeltaCount UInt64,
    tcpControlBits UInt16,
    reverseTcpControlBits UInt16,
    ipClassOfService UInt8,
    ingressInterface UInt32,
    egressInterface UInt32,
    vlanId UInt16,
    flowEndReason UInt8,
    biflowDirection UInt8,
    flowId UInt64
)
ENGINE = MergeTree
PARTITION BY toDate(flowStart)
ORDER BY (destinationTransportPort, sourceAddress, flowStart);

CREATE MATERIALIZED VIEW weir.flows_view TO weir.flows AS
SELECT
    parseDateTime64BestEffort(flowStartMilliseconds, 3, 'UTC') AS flowStart,
    parseDateTime64BestEffort(flowEndMilliseconds, 3, 'UTC') AS flowEnd,
    toIPv6OrDefault(if(sourceIPv4Address != '', sourceIPv4Address, sourceIPv6Address)) AS sourceAddress,
    toIPv6OrDefault(if(destinationIPv4Address != '', destinationIPv4Address, destinationIPv6Address)) AS destinationAddress,
    sourceTransportPort,
    destinationTransportPort,
    protocolIdentifier,
    octetDeltaCount,
    packetDeltaCount,
    reverseOctetDeltaCount,
    reversePacketDeltaCount,
    tcpControlBits,
    reverseTcpControlBits,
    ipClassOfService,
    ingressInterface,
    egressInterface,
    vlanId,
    flowEndReason,
    biflowDirection,
    flowId
FROM weir.flows_queue;

-- Who talked most in the last hour, both directions together.
SELECT
    sourceAddress,
    sum(octetDeltaCount + reverseOctetDeltaCount) AS octets,
    count() AS records
FROM weir.flows
WHERE flowStart > now() - 3600
GROUP BY sourceAddress
ORDER BY octets DESC
LIMIT 20;
