// A stream socket of this host by its path: a log shipper or collector beside the probe.

import { connect } from 'node:net';
import { WeirError } from '../errors.js';
import { StreamSink, type StreamOptions } from './stream.js';

export interface UnixSinkOptions extends StreamOptions {
  path: string;
}

const reconnectSeconds = 5; // no network is burdened; the reader may just be restarting
const longestPath = 107; // sockaddr_un, unix(7)

export class UnixSink extends StreamSink {
  constructor(options: UnixSinkOptions) {
    const { path } = options;
    super(
      { reconnectSeconds, ...options },
      {
        target: path,
        check: async () => {
          if (Buffer.byteLength(path) <= longestPath) return;
          throw new WeirError('WEIR_SOCKET', `${options.name}: the path of a socket has ${longestPath} octets at most`);
        },
        connect: () => connect({ path }),
      },
    );
  }
}
