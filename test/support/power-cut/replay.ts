import type { Disk } from './disk.ts';
import type { FileInode, Inode } from './inode.ts';
import type { Call, Moment } from './trace.ts';

interface OpenFile {
  readonly inode: Inode;
  readonly path: string;
  offset: number;
}

/** Calls that change files in ways the model does not know: to meet one is a failure, not a silence. */
const NOT_MODELLED = new Set([
  ...['creat', 'sendfile', 'copy_file_range', 'fallocate', 'symlink', 'symlinkat', 'truncate'],
  ...['sync_file_range', 'syncfs', 'msync', 'pwritev', 'pwritev2'],
]);

/** Carries a process's calls out on a disk model, in the order in which they were recorded. */
export class Replay {
  readonly #disk: Disk;
  readonly #files = new Map<number, OpenFile>();
  /** What was written when a sync began: that much it covers. */
  readonly #syncing = new Map<Call, { readonly inode: Inode; readonly serial: number }>();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Whether a write goes to no file of the disk: to a client, then. */
  isElsewhere(call: Call): boolean {
    return !this.#files.has(Number(call.args[0]));
  }

  apply({ at, call }: Moment): void {
    if (call.name === 'io_uring_enter') throw new Error('io_uring writes unseen: set UV_USE_IO_URING=0');
    if (at === 'begin') this.#begin(call);
    else if (call.result >= 0) this.#end(call);
  }

  #begin(call: Call): void {
    const file = this.#files.get(Number(call.args[0]));
    // The number is free for another file from here on.
    if (call.name === 'close') this.#files.delete(Number(call.args[0]));
    if (file !== undefined && (call.name === 'fsync' || call.name === 'fdatasync')) {
      this.#syncing.set(call, { inode: file.inode, serial: this.#disk.serial });
    }
  }

  #end(call: Call): void {
    const path = textOf(call, 0);
    const isOnDisk = call.strings.length > 0 && this.#disk.has(path);
    if (NOT_MODELLED.has(call.name)) this.#refuse(call);
    else if (call.name === 'fsync' || call.name === 'fdatasync') this.#sync(call);
    else if (call.name === 'mmap') this.#checkMap(call);
    else if (call.name === 'ftruncate' || call.name.includes('write')) this.#change(call);
    else if (!isOnDisk) return;
    else if (call.name.startsWith('open')) this.#open(call, path);
    else if (call.name.startsWith('mkdir')) this.#disk.makeDirectory(path);
    else if (call.name.startsWith('unlink') || call.name === 'rmdir') this.#disk.unlink(path);
    else if (call.name.startsWith('link')) this.#disk.link(path, textOf(call, 1));
    else if (call.name.startsWith('rename')) this.#disk.rename(path, textOf(call, 1));
  }

  #open(call: Call, path: string): void {
    const flags = call.args.find((arg) => arg.startsWith('O_')) ?? '';
    if (flags.includes('O_APPEND')) throw new Error(`appending is not modelled: ${path}`);
    const found = this.#disk.find(path);
    if (found?.kind === 'file' && flags.includes('O_TRUNC')) this.#disk.truncate(found, 0);
    this.#files.set(call.result, { inode: found ?? this.#disk.makeFile(path), path, offset: 0 });
  }

  #sync(call: Call): void {
    const syncing = this.#syncing.get(call);
    this.#syncing.delete(call);
    syncing?.inode.sync(syncing.serial);
  }

  /** A shared, writable mapping changes a file unseen; SQLite makes them of its -shm, which is rebuilt. */
  #checkMap({ args }: Call): void {
    const [, , protection = '', flags = '', descriptor] = args;
    const file = this.#files.get(Number(descriptor));
    if (file === undefined || file.path.endsWith('-shm')) return;
    if (protection.includes('PROT_WRITE') && flags.includes('MAP_SHARED'))
      throw new Error(`${file.path} is mapped`);
  }

  #change(call: Call): void {
    const file = this.#files.get(Number(call.args[0]));
    if (file?.inode.kind !== 'file') return;
    if (call.name === 'ftruncate') this.#disk.truncate(file.inode, Number(call.args[1]));
    else this.#write(call, file, file.inode);
  }

  #write(call: Call, file: OpenFile, inode: FileInode): void {
    const data = Buffer.concat(call.strings).subarray(0, call.result);
    const isPlaced = call.name === 'pwrite64';
    this.#disk.write(inode, isPlaced ? Number(call.args[3]) : file.offset, data);
    if (!isPlaced) file.offset += data.length;
  }

  #refuse(call: Call): void {
    const paths = call.strings.map((_, i) => textOf(call, i));
    const touches = this.#files.has(Number(call.args[0])) || paths.some((path) => this.#disk.has(path));
    if (touches) throw new Error(`${call.name} is not modelled: ${call.args.join(', ')} ${paths.join(', ')}`);
  }
}

const textOf = (call: Call, string: number): string => call.strings[string]?.toString('utf8') ?? '';
