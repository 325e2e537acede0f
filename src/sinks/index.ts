// The list of sinks. Each is a small file that knows bytes only.

export { FileSink, type FileSinkOptions } from './file.js';
export { canCompress, type Compression } from './file_rotation.js';
export { HttpSink, type HttpSinkOptions } from './http.js';
export { KafkaSink, type KafkaSinkOptions } from './kafka.js';
export { NoneSink } from './none.js';
export type { RetentionOptions } from './retention.js';
export { type MessageSender, type MessageSocketOptions, SctpSink, type SctpSinkOptions } from './sctp.js';
export {
  type Clock,
  type DropCause,
  type NoticeLevel,
  type Sink,
  type SinkCounters,
  type SinkEvents,
  systemClock,
  type UnitRun,
} from './sink.js';
export { StdoutSink, type StdoutSinkOptions } from './stdout.js';
export type { StreamOptions } from './stream.js';
export { syslogSink, type SyslogSinkOptions } from './syslog.js';
export { syslogFacilities, type SyslogHeaderOptions, syslogSeverities } from './syslog_header.js';
export { TcpSink, type TcpSinkOptions } from './tcp.js';
export { TlsSink, type TlsSinkOptions } from './tls.js';
export type { TlsOptions } from './tls_credentials.js';
export { type DatagramOptions, type DatagramSender, UdpSink, type UdpSinkOptions } from './udp.js';
export { UnixSink, type UnixSinkOptions } from './unix.js';
