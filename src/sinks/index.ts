// The list of sinks. Each is a small file that knows bytes only.

export { FileSink, type FileSinkOptions } from './file.js';
export { canCompress, type Compression } from './file_rotation.js';
export { KafkaSink, type KafkaSinkOptions } from './kafka.js';
export type { NativeKafka } from './kafka_librdkafka.js';
export { NoneSink } from './none.js';
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
export { TcpSink, type TcpSinkOptions } from './tcp.js';
export { type DatagramOptions, type DatagramSender, UdpSink, type UdpSinkOptions } from './udp.js';
