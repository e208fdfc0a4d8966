import type { ReplicaSpace } from './replica.ts';

/**
 * What a directory replica needs of the place where its files lie: this machine, or an SFTP server. Paths are
 * relative to the replica's root, which is the empty path. A failure has a `code` as system calls have it
 * (`ENOENT`, `EEXIST`, ...) and a `syscall`; what is no answer of the file system is a StorageError.
 */
export interface Files {
  /** What the root is called in messages. */
  readonly name: string;
  /** How many requests one call should have under way: more than one where an answer takes its time. */
  readonly parallelMax: number;
  /** How much one request of a body should read. */
  readonly chunkBytes: number;

  /** Makes a folder, and all above it down from the top of the file system, durably. */
  prepare(folder: string): Promise<void>;
  /** EEXIST where a folder is, ENOTDIR where a file is. */
  makeFolder(path: string): Promise<void>;
  /** Fails with any code but ENOENT when something is in it. */
  removeFolder(path: string): Promise<void>;
  /** Makes the names in a folder durable, where the place can. */
  syncFolder(path: string): Promise<void>;
  /** The entries of a folder, in any order. */
  entries(path: string): AsyncIterable<FileEntry>;

  stat(path: string): Promise<FileStat>;
  openFile(path: string): Promise<OpenFile>;
  createFile(path: string): Promise<NewFile>;
  /** Gives a file another name, in place of the file that has it. */
  rename(from: string, to: string): Promise<void>;
  /** Gives a file a second name. EEXIST when it is taken. */
  link(from: string, to: string): Promise<void>;
  removeFile(path: string): Promise<void>;
  /** Removes a file of ours that nobody needs. What cannot be removed now is left to the sweep. */
  discard(path: string): Promise<void>;

  /**
   * A name for the file system that the root lies on, or would lie on where there is none; null where the place does
   * not say. It stays as it is while the file system is mounted.
   */
  volume(): Promise<string | null>;
  /** Free space for our user, and all there is; null where the place does not say. */
  space(): Promise<ReplicaSpace | null>;
  close(): Promise<void>;
}

export interface FileStat {
  readonly kind: 'file' | 'folder' | 'other';
  readonly sizeBytes: number;
  /** Unix time, ms; a place may keep whole seconds. */
  readonly modifiedMs: number;
}

export interface FileEntry {
  readonly name: string;
  /** Null where the listing does not say: links, and places that list names alone. */
  readonly kind: FileStat['kind'] | null;
  /** Null where the listing does not say. */
  readonly stat: FileStat | null;
}

/** A file that is read. It stays the same file when its name goes to another one. */
export interface OpenFile {
  readonly stat: FileStat;
  /**
   * Up to `length` bytes from `offset`; fewer only at the end.
   * @param into what may be read into, at least `length` bytes
   */
  read(offset: number, length: number, into?: Uint8Array): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A file that is written from its first byte to its last. */
export interface NewFile {
  /** May return before the bytes are written; the chunk can be used again all the same. */
  write(chunk: Uint8Array): Promise<void>;
  /** All that was written is on disk afterwards. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
