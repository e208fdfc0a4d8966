import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** The system calls that change files or answer a client; one that is missing here would be a write unseen. */
const CALLS = [
  ...['openat', 'open', 'creat', 'close', 'mkdir', 'mkdirat', 'rmdir', 'rename', 'renameat', 'renameat2'],
  ...['unlink', 'unlinkat', 'link', 'linkat', 'symlink', 'symlinkat', 'truncate', 'ftruncate', 'fallocate'],
  ...[
    'write',
    'pwrite64',
    'writev',
    'pwritev',
    'pwritev2',
    'sendto',
    'sendmsg',
    'sendfile',
    'copy_file_range',
  ],
  ...['fsync', 'fdatasync', 'sync_file_range', 'syncfs', 'sync', 'msync', 'mmap', 'io_uring_enter'],
];

/** Longer than any write of the server. */
const STRING_BYTES_MAX = 16 * 1024 * 1024;

/** The command line that records a program's system calls to a file, all bytes written included. */
export const straceCommand = (strace: string, output: string): string[] => [
  ...[strace, '-f', '--seccomp-bpf', '-qq', '-xx', '-s', String(STRING_BYTES_MAX)],
  ...['-e', 'signal=none', '-e', `trace=${CALLS.join(',')}`, '-o', output],
];

/** One system call. */
export interface Call {
  readonly name: string;
  /** The arguments, `$0`, `$1`, … in the place of strings. */
  readonly args: readonly string[];
  readonly strings: readonly Buffer[];
  /** What it returned; -1 for an error. Not known before its end. */
  result: number;
}

/** A call began or ended: between the two, calls of other threads can begin and end. */
export interface Moment {
  readonly at: 'begin' | 'end';
  readonly call: Call;
}

const LINE = /^(?<pid>[0-9]+) +(?<rest>.*)$/;
const WHOLE = /^(?<name>[a-z0-9_]+)\((?<args>.*)\) += (?<result>-?[0-9]+|0x[0-9a-f]+|\?)[^)]*(?:\(.*\))?$/;
const BEGUN = /^(?<name>[a-z0-9_]+)\((?<args>.*?),? *<unfinished \.\.\.>(?:\) += \?)?$/;
const RESUMED = /^<\.\.\. (?<name>[a-z0-9_]+) resumed>(?<args>.*)\) += (?<result>-?[0-9]+|0x[0-9a-f]+|\?)/;
const STRING = /"(?<hex>(?:\\x[0-9a-f]{2})*)"(?<cut>\.\.\.)?/g;

/** Reads what `strace -f -xx -o` has written, line by line. */
export class TraceParser {
  readonly #unfinished = new Map<string, Call>();

  /** The moments of a line: both, of a call that nothing interrupted. */
  parse(line: string): Moment[] {
    const { pid = '', rest = '' } = LINE.exec(line)?.groups ?? {};
    const resumed = RESUMED.exec(rest)?.groups;
    if (resumed !== undefined) return this.#end(pid, resumed['result'] ?? '?');
    const begun = BEGUN.exec(rest)?.groups;
    if (begun !== undefined) return [this.#begin(pid, begun['name'] ?? '', begun['args'] ?? '')];
    const whole = WHOLE.exec(rest)?.groups;
    if (whole !== undefined) {
      const begin = this.#begin(pid, whole['name'] ?? '', whole['args'] ?? '');
      return [begin, ...this.#end(pid, whole['result'] ?? '?')];
    }
    if (/^(---|\+\+\+)/.test(rest) || rest === '') return [];
    throw new Error(`not understood: ${line.slice(0, 200)}`);
  }

  #begin(pid: string, name: string, text: string): Moment {
    const strings: Buffer[] = [];
    const args = text.replace(STRING, (_whole, hex: string, cut: string | undefined) => {
      if (cut !== undefined) throw new Error(`${name}: strace has cut a string`);
      return `$${strings.push(Buffer.from(hex.replaceAll('\\x', ''), 'hex')) - 1}`;
    });
    const call = { name, args: args.split(', '), strings, result: Number.NaN };
    this.#unfinished.set(pid, call);
    return { at: 'begin', call };
  }

  #end(pid: string, result: string): Moment[] {
    const call = this.#unfinished.get(pid);
    if (call === undefined) throw new Error(`thread ${pid} ends a call that it did not begin`);
    this.#unfinished.delete(pid);
    if (result === '?') return [];
    call.result = Number(result);
    return [{ at: 'end', call }];
  }
}

/** All moments of a trace that `isWanted` keeps, in their order. */
export async function readTrace(path: string, isWanted: (call: Call) => boolean): Promise<Moment[]> {
  const parser = new TraceParser();
  const moments: Moment[] = [];
  const lines = createInterface({
    input: createReadStream(path, 'latin1'),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  for await (const line of lines) {
    for (const moment of parser.parse(line)) if (isWanted(moment.call)) moments.push(moment);
  }
  return moments;
}
