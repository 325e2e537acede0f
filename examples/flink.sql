-- Flows from Kafka in Flink SQL: octets a minute by source address and server port.
-- For weir -T default (or any template with these fields) --to 'kafka://kafka:9092/flows?naming=ipfix&time=iso'.
-- Needs flink-sql-connector-kafka in Flink's lib folder.
--
-- Not run against a broker here. A test checks the columns against weir's catalogue; it was planned once by Flink 1.20.1 with the
-- Kafka connector 3.4.0, and run over a file of lines written by weir.

-- Columns are the JSON keys. A key that a line does not have is NULL, a key that is no column is skipped.
CREATE TABLE flows (
  `flowStartMilliseconds` TIMESTAMP_LTZ(3),
  `flowEndMilliseconds` TIMESTAMP_LTZ(3),
  `sourceIPv4Address` STRING,
  `destinationIPv4Address` STRING,
  `sourceIPv6Address` STRING,
  `destinationIPv6Address` STRING,
  `sourceTransportPort` INT,
  `destinationTransportPort` INT,
  `protocolIdentifier` INT,
  `octetDeltaCount` DECIMAL(20, 0),
  `packetDeltaCount` DECIMAL(20, 0),
  `reverseOctetDeltaCount` DECIMAL(20, 0),
  `reversePacketDeltaCount` DECIMAL(20, 0),
  `tcpControlBits` INT,
  `reverseTcpControlBits` INT,
  `ingressInterface` BIGINT,
  `egressInterface` BIGINT,
  `flowEndReason` INT,
  `flowId` DECIMAL(20, 0),
  -- A record leaves weir up to one active timeout (60 s unless set) after its first packet.
  WATERMARK FOR `flowEndMilliseconds` AS `flowEndMilliseconds` - INTERVAL '75' SECOND
) WITH (
  'connector' = 'kafka',
  'topic' = 'flows',
  'properties.bootstrap.servers' = 'kafka:9092',
  'properties.group.id' = 'flink',
  'scan.startup.mode' = 'earliest-offset',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601',
  'json.ignore-parse-errors' = 'true'
);

SELECT
  `window_start`,
  COALESCE(`sourceIPv4Address`, `sourceIPv6Address`) AS `source`,
  `destinationTransportPort`,
  SUM(`octetDeltaCount` + COALESCE(`reverseOctetDeltaCount`, 0)) AS `octets`,
  COUNT(*) AS `records`
FROM TABLE(TUMBLE(TABLE flows, DESCRIPTOR(`flowEndMilliseconds`), INTERVAL '1' MINUTE))
GROUP BY
  `window_start`,
  `window_end`,
  COALESCE(`sourceIPv4Address`, `sourceIPv6Address`),
  `destinationTransportPort`;
