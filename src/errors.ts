// THE table of error codes: what users see when something is wrong. One line a code; `remedy` says what to do.
// Exit status: 1 run-time, 2 usage or configuration (DESIGN section 6).

export interface ErrorKind {
  /** Process exit status when this error ends the run. */
  exit: 1 | 2;
  /** What to do about it, one sentence. */
  remedy: string;
}

export const errorKinds = {
  // usage and configuration
  WEIR_OPTION: { exit: 2, remedy: 'See `weir --help` for the options.' },
  WEIR_CONFIG_FILE: { exit: 2, remedy: 'Correct the configuration file at the place named.' },
  WEIR_FIELD: { exit: 2, remedy: 'See `weir fields` for the names of fields.' },
  WEIR_TEMPLATE: { exit: 2, remedy: 'See `weir templates` for the named templates.' },
  WEIR_SINK: { exit: 2, remedy: 'See `weir --help` for the forms of --to.' },
  WEIR_KAFKA: {
    exit: 2,
    remedy: 'Correct the Kafka properties named; their names and values are those of librdkafka.',
  },
  WEIR_KAFKA_LIBRARY: {
    exit: 2,
    remedy: 'Install librdkafka, as `weir doctor` says, or use the client kafkajs.',
  },
  WEIR_FILTER: { exit: 2, remedy: 'See pcap-filter(7) for the filter language.' },
  WEIR_LINKTYPE: { exit: 2, remedy: 'Convert the capture to a supported link type, for example with editcap -T.' },
  WEIR_DPI_FILE: {
    exit: 2,
    remedy: 'Correct the file named; section Applications of README.md has the formats.',
  },
  WEIR_DPI_FILTER: { exit: 2, remedy: 'See `weir applications` for applications, categories and breeds.' },
  WEIR_DPI_LIBRARY: {
    exit: 2,
    remedy: 'Install libndpi, as `weir doctor` says, or do without --dpi on and --dpi-filter.',
  },
  // run time
  WEIR_FILE: { exit: 1, remedy: 'Check the path (its folder must exist) and the permissions of the file.' },
  WEIR_CAPTURE_FORMAT: { exit: 1, remedy: 'weir reads pcap and pcapng, plain or gzip; check the file with capinfos.' },
  WEIR_INTERFACE: { exit: 1, remedy: 'See `weir doctor` for the interfaces of this host.' },
  WEIR_PRIVILEGE: {
    exit: 1,
    remedy: 'Run as root, or give the process CAP_NET_RAW; `weir doctor` prints the command.',
  },
  WEIR_NETNS: {
    exit: 1,
    remedy: 'Check that the network namespace or process exists and that weir may enter it (CAP_SYS_ADMIN).',
  },
  WEIR_CONTAINER: {
    exit: 1,
    remedy:
      'See `weir doctor` for the container runtimes that answer; a container may be named by its id, a pod by NS/NAME.',
  },
  WEIR_CONNTRACK: {
    exit: 1,
    remedy: 'Load the kernel module (modprobe nf_conntrack_netlink) and give the process CAP_NET_ADMIN.',
  },
  WEIR_SOCKET: { exit: 1, remedy: 'Check the address of the collector and the route to it.' },
  WEIR_TLS: { exit: 2, remedy: 'Check ca, cert and key; `openssl x509 -in FILE -noout -text` shows a certificate.' },
  WEIR_SCTP: { exit: 1, remedy: 'Load the kernel module (modprobe sctp), or send by tcp:// or udp://.' },
  WEIR_LISTEN: { exit: 1, remedy: 'Give the listener another address, or stop the process that has this one.' },
  WEIR_CACHE_MEMORY: {
    exit: 1,
    remedy: 'Lower --cache-size, or raise the memory limit (ulimit -v, systemd MemoryMax).',
  },
  WEIR_BPF: {
    exit: 1,
    remedy:
      'Run as root, or give the process CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN, on a kernel 5.12 or newer with BTF; `weir doctor` names what is missing.',
  },
  WEIR_ADDON: { exit: 1, remedy: '`weir doctor` says how to build or install the addon for this machine.' },
  WEIR_INTERNAL: { exit: 1, remedy: 'This is a fault in weir: please report it with the command line and the log.' },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

/** An error for the user: a code of the table, and a message that names what was wrong and where. */
export class WeirError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'WeirError';
    this.code = code;
  }
}

/** Several mistakes reported at once (configuration: all of them, before anything starts). */
export class WeirErrors extends Error {
  readonly errors: readonly WeirError[];
  constructor(errors: readonly WeirError[]) {
    super(errors.map((error) => error.message).join('\n'));
    this.name = 'WeirErrors';
    this.errors = errors;
  }
}

/** True for a code of the table (native errors carry one in `code`). */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorKinds, code);
}

/** One error as the user is told of it. */
export interface ToldError {
  code: ErrorCode;
  text: string;
  remedy: string;
}

/** The errors in what was thrown. Native errors count by their code; what has none is a fault in weir, with its place. */
export function errorsIn(error: unknown): ToldError[] {
  const all: readonly unknown[] = error instanceof WeirErrors ? error.errors : [error];
  return all.map((one) => {
    const given = one instanceof Error ? (one as Error & { code?: unknown }).code : undefined;
    const code = isErrorCode(given) ? given : 'WEIR_INTERNAL';
    // A fault in weir is reported with its place; what the user can correct is said in one line.
    const text =
      one instanceof Error ? (code === 'WEIR_INTERNAL' ? (one.stack ?? one.message) : one.message) : String(one);
    return { code, text, remedy: errorKinds[code].remedy };
  });
}

/** Exit status of a run that these errors end. */
export function exitStatus(errors: readonly ToldError[]): 1 | 2 {
  return errors.some(({ code }) => errorKinds[code].exit === 2) ? 2 : 1;
}

/** What the user is told of an error that ends the run, and the exit status. */
export function describeError(error: unknown): { lines: string[]; exit: 1 | 2 } {
  const all = errorsIn(error);
  const lines = all.map(({ code, text }) => `weir: ${code}: ${text}`);
  const remedies = new Set(all.map(({ remedy }) => `  ${remedy}`));
  return { lines: [...lines, ...remedies], exit: exitStatus(all) };
}
