// HTTP over a Unix socket: one JSON answer, or a stream of JSON lines. Answers are bounded in time and size.
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { maxAnswerOctets, RuntimeError } from './runtime_client.js';

const patienceMs = 10_000;
/** Octets of one line of a stream; a longer one is skipped. */
const maxLineOctets = 1 << 20;

const words: Readonly<Record<string, string>> = {
  ENOENT: 'no such socket',
  ECONNREFUSED: 'nobody listens',
  EACCES: 'permission denied',
  ENOTSOCK: 'not a socket',
};

/** What went wrong, in one line. */
export function reasonOf(error: unknown): string {
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && Object.hasOwn(words, code)) return words[code]!;
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]!;
}

function refused(socketPath: string, path: string, status: number, body: string): RuntimeError {
  let said = body;
  try {
    said = String((JSON.parse(body) as { message?: unknown }).message ?? body);
  } catch {
    // not JSON: said as it stands
  }
  return new RuntimeError(`${socketPath}: ${path.split('?', 1)[0]}: HTTP ${status}: ${said.slice(0, 200).trim()}`);
}

function open(
  socketPath: string,
  path: string,
  onResponse: (response: IncomingMessage) => void,
  onError: (error: Error) => void,
  signal?: AbortSignal,
): ClientRequest {
  const asked = request({ socketPath, path, headers: { Host: 'localhost' }, agent: false, signal }, onResponse);
  asked.on('error', (error) => onError(new RuntimeError(reasonOf(error), { cause: error })));
  asked.end();
  return asked;
}

/** The JSON of GET path; undefined for 404. */
export function getJson(socketPath: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const asked = open(socketPath, path, receive, reject, AbortSignal.timeout(patienceMs));
    function receive(response: IncomingMessage): void {
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > maxAnswerOctets) asked.destroy(new Error(`answer of more than ${maxAnswerOctets} octets`));
      });
      response.on('error', (error) => reject(new RuntimeError(reasonOf(error))));
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        if (response.statusCode === 404) return resolve(undefined);
        if (response.statusCode !== 200) return reject(refused(socketPath, path, response.statusCode ?? 0, body));
        try {
          resolve(JSON.parse(body));
        } catch {
          reject(new RuntimeError(`${path.split('?', 1)[0]}: answer is not JSON`));
        }
      });
    }
  });
}

/** Cuts a stream into lines; lines that are too long are left out. */
export class LineCutter {
  #rest = '';
  #skipping = false;
  readonly #onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) {
      if (this.#skipping) this.#skipping = false;
      else if (line.trim() !== '') this.#onLine(line);
    }
    if (this.#rest.length > maxLineOctets) {
      this.#rest = '';
      this.#skipping = true;
    }
  }
}

/** Calls onObject for each JSON line of GET path; rejects when the stream ends, however it does. */
export function followJson(
  socketPath: string,
  path: string,
  onObject: (value: unknown) => void,
  signal: AbortSignal,
): Promise<never> {
  return new Promise((_, reject) => {
    const cutter = new LineCutter((line) => {
      let value: unknown;
      try {
        value = JSON.parse(line);
      } catch {
        return; // wire input: a line that is no JSON is passed over
      }
      onObject(value);
    });
    open(
      socketPath,
      path,
      (response) => {
        response.setEncoding('utf8');
        if (response.statusCode !== 200) {
          response.once('data', (text: string) => reject(refused(socketPath, path, response.statusCode ?? 0, text)));
        } else response.on('data', (text: string) => cutter.push(text));
        response.on('error', (error) => reject(new RuntimeError(reasonOf(error))));
        response.on('end', () => reject(new RuntimeError('the stream of events ended')));
      },
      reject,
      signal,
    );
  });
}
