import type * as Fs from 'node:fs/promises';
import { dirname } from 'node:path';

/** A file's bytes, as programs see them and as they are on disk for sure. */
interface RecordedFile {
  live: Buffer;
  synced: Buffer;
}

type Names = Map<string, RecordedFile>;

/** What a power cut could leave: a file for each path. */
export type CrashImage = ReadonlyMap<string, Buffer>;

/**
 * Stands between the adapter and the file system, and keeps what a power cut after any step could leave. A
 * name is safe when its folder was fsynced after it came, bytes when the file was; folders are names too.
 */
export class FsRecorder {
  /** Called after each step. */
  onStep: (step: string) => void = () => undefined;
  readonly #live: Names = new Map();
  readonly #synced: Names = new Map();
  readonly #folders = new Set<string>();
  #turn: Promise<unknown> = Promise.resolve();

  /** The images of a cut now: all that is not synced is lost; or names are kept and only bytes are lost. */
  images(): CrashImage[] {
    const lost = [...this.#synced].filter(([path]) => this.#reachable(path));
    return [
      new Map(lost.map(([path, file]) => [path, file.synced])),
      new Map([...this.#live].map(([path, file]) => [path, file.synced])),
    ];
  }

  /** The module with its changing functions recorded. */
  wrap(fs: typeof Fs): typeof Fs {
    const { open, mkdir, rename, link, unlink, rmdir } = fs;
    const live = this.#live;
    return {
      ...fs,
      open: async (...args: Parameters<typeof Fs.open>) => {
        const path = String(args[0]);
        if (args[1] !== 'wx') return this.#wrapHandle(await open(...args), path);
        const create = (): unknown => live.set(path, newFile());
        return this.#wrapHandle(await this.#step('create', () => open(...args), create), path);
      },
      mkdir: (...args: Parameters<typeof Fs.mkdir>) =>
        this.#step(
          'mkdir',
          () => mkdir(...args),
          () => this.#make(String(args[0])),
        ),
      rename: (from: string, to: string) =>
        this.#step(
          'rename',
          () => rename(from, to),
          () => live.set(to, live.get(from)!) && live.delete(from),
        ),
      link: (from: string, to: string) =>
        this.#step(
          'link',
          () => link(from, to),
          () => live.set(to, live.get(from)!),
        ),
      unlink: (path: string) =>
        this.#step(
          'unlink',
          () => unlink(path),
          () => live.delete(path),
        ),
      rmdir: (path: string) =>
        this.#step(
          'rmdir',
          () => rmdir(path),
          () => live.delete(path),
        ),
    } as unknown as typeof Fs;
  }

  /** One after the other: calls at once would be recorded in another order than they happened in. */
  #step<T>(name: string, work: () => Promise<T>, record: () => unknown): Promise<T> {
    const step = this.#turn.then(async () => {
      const result = await work();
      record();
      this.onStep(name);
      return result;
    });
    this.#turn = step.catch(() => undefined);
    return step;
  }

  #wrapHandle(handle: Fs.FileHandle, path: string): Fs.FileHandle {
    const file = this.#live.get(path);
    const write = async (bytes: Uint8Array, at: number): Promise<{ bytesWritten: number }> => {
      // A write may take less than it is given.
      const { bytesWritten } = await handle.write(bytes, at, Math.min(bytes.byteLength - at, 70_000));
      file!.live = Buffer.concat([file!.live, bytes.subarray(at, at + bytesWritten)]);
      this.onStep('write');
      return { bytesWritten };
    };
    const sync = async (): Promise<void> => {
      const isFolder = (await handle.stat()).isDirectory();
      const record = (): void => {
        if (isFolder) this.#syncNames(path);
        else file!.synced = file!.live;
      };
      await this.#step(isFolder ? 'sync folder' : 'sync file', () => handle.sync(), record);
    };
    return new Proxy(handle, {
      get: (target, name) => {
        if (name === 'write') return write;
        if (name === 'sync') return sync;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  #syncNames(folder: string): void {
    const inFolder = (names: Names): string[] => [...names.keys()].filter((path) => dirname(path) === folder);
    for (const path of inFolder(this.#synced)) this.#synced.delete(path);
    for (const path of inFolder(this.#live)) this.#synced.set(path, this.#live.get(path)!);
  }

  /** A new folder is empty, whatever one of the same name once held. */
  #make(folder: string): void {
    this.#folders.add(folder);
    this.#live.set(folder, newFile());
    if (this.#synced.has(folder)) return;
    for (const path of this.#synced.keys()) if (path.startsWith(`${folder}/`)) this.#synced.delete(path);
  }

  /** Whether the folders down to a path, as far as they were made here, are safe themselves. */
  #reachable(path: string): boolean {
    for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
      if (this.#folders.has(folder) && !this.#synced.has(folder)) return false;
    }
    return true;
  }
}

const newFile = (): RecordedFile => ({ live: Buffer.alloc(0), synced: Buffer.alloc(0) });
