import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { readSqliteHeader, SQLITE_HEADER_BYTES } from '../engine/import/sqlite-header.ts';
import type { FileIdentity } from './decisions/index.ts';
import {
  FRAME_HEADER_BYTES,
  type FrameHeader,
  type FrameScan,
  frameBytes,
  frameOffset,
  readFrameHeader,
  readWalHeader,
  WAL_HEADER_BYTES,
  type WalHeader,
} from './wal/index.ts';

/** Bytes of a WAL that are read at once. */
const SCAN_BYTES = 262_144;

/** What page 1 of a main file says. */
export interface MainHeader {
  readonly pageSize: number;
  readonly journalMode: 'wal' | 'rollback';
  /** Size in pages as of the last checkpoint; null where the header does not know. */
  readonly pageCount: number | null;
}

/** What a path leads to; null when nothing is there. */
export function identify(path: string): FileIdentity | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) return null;
  return { device: found.dev, inode: found.ino, sizeBytes: found.size, writtenNs: found.mtimeNs };
}

/** Where SQLite keeps the WAL of the database at a path: beside the file that links lead to. */
export function walPathOf(path: string): string {
  const found = identify(path);
  return `${found === null ? path : realpathSync(path)}-wal`;
}

/** Reads until the buffer is full or the file ends; returns the bytes that were read. */
function readFully(fd: number, target: Uint8Array, position: number): number {
  let read = 0;
  while (read < target.byteLength) {
    const some = readSync(fd, target, read, target.byteLength - read, position + read);
    if (some === 0) break;
    read += some;
  }
  return read;
}

/**
 * The main file of a live database, through one descriptor for as long as its connections are open: to close it
 * drops every lock that this process has on the file.
 */
export class MainFile {
  readonly #fd: number;
  readonly #buffer = new Uint8Array(SQLITE_HEADER_BYTES);

  constructor(path: string) {
    this.#fd = openSync(path, 'r');
  }

  get identity(): FileIdentity {
    const { dev, ino, size, mtimeNs } = fstatSync(this.#fd, { bigint: true });
    return { device: dev, inode: ino, sizeBytes: size, writtenNs: mtimeNs };
  }

  /** What page 1 says; null when the file does not begin as a database. */
  header(): MainHeader | null {
    if (readFully(this.#fd, this.#buffer, 0) < SQLITE_HEADER_BYTES) return null;
    const read = readSqliteHeader(this.#buffer);
    return read.ok ? read.header : null;
  }

  /** Fills the target from a byte offset on; what lies beyond the end of the file is zeros, as SQLite has it. */
  read(target: Uint8Array, position: number): void {
    const read = readFully(this.#fd, target, position);
    target.fill(0, read);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** The WAL of a live database. SQLite locks nothing in it, so its descriptor may come and go. */
export class WalFile {
  readonly #fd: number;
  readonly #head = new Uint8Array(WAL_HEADER_BYTES);
  #buffer: Uint8Array | null = null;

  constructor(path: string) {
    this.#fd = openSync(path, 'r');
  }

  get identity(): FileIdentity {
    const { dev, ino, size, mtimeNs } = fstatSync(this.#fd, { bigint: true });
    return { device: dev, inode: ino, sizeBytes: size, writtenNs: mtimeNs };
  }

  header(): WalHeader | null {
    const read = readFully(this.#fd, this.#head, 0);
    return readWalHeader(this.#head.subarray(0, read));
  }

  /** The header of the frame that `frame` others lie before; null when the file ends before it. */
  frameHeader(frame: number, pageSize: number): FrameHeader | null {
    const bytes = new Uint8Array(FRAME_HEADER_BYTES);
    if (readFully(this.#fd, bytes, frameOffset(frame, pageSize)) < FRAME_HEADER_BYTES) return null;
    return readFrameHeader(bytes);
  }

  /** Fills the target with the page that a frame holds. @throws Error when the file ends before */
  page(frame: number, target: Uint8Array): void {
    const at = frameOffset(frame, target.byteLength) + FRAME_HEADER_BYTES;
    if (readFully(this.#fd, target, at) < target.byteLength) throw new Error('the WAL ends within a frame');
  }

  /**
   * Reads frames on from where the scan is, up to the one that `until` others lie before.
   * @param enough asked after each piece: whether to stop early
   * @returns false when a frame is not as it was written
   */
  scan(scan: FrameScan, pageSize: number, until: number, enough: () => boolean = () => false): boolean {
    const length = frameBytes(pageSize);
    const framesMax = Math.max(1, Math.floor(SCAN_BYTES / length));
    const buffer = this.#scanBuffer(framesMax * length);
    while (scan.frames < until && !enough()) {
      const count = Math.min(framesMax, until - scan.frames);
      const piece = buffer.subarray(0, count * length);
      const read = readFully(this.#fd, piece, frameOffset(scan.frames, pageSize));
      const whole = Math.floor(read / length);
      if (!scan.take(piece, whole) || whole < count) return false;
    }
    return true;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #scanBuffer(bytes: number): Uint8Array {
    if (this.#buffer === null || this.#buffer.byteLength < bytes) this.#buffer = new Uint8Array(bytes);
    return this.#buffer;
  }
}
