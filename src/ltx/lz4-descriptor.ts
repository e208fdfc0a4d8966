import { LtxError } from './errors.ts';
import type { Kernels } from './kernels/kernels.ts';
import { XXH32_STATE_BYTES } from './kernels/kernels.ts';

/** Bytes of the frame's magic, FLG and BD: they tell how long the descriptor is. */
export const LZ4_FRAME_START_BYTES = 6;

/** The magic and descriptor that the reference writes: independent blocks of 64 KiB, a content checksum. */
export const LZ4_STANDARD_FRAME_START = new Uint8Array([0x04, 0x22, 0x4d, 0x18, 0x64, 0x40, 0xa7]);

/** A block's length field has this bit when the block is stored raw. */
export const LZ4_RAW_BLOCK = 0x8000_0000;

/** What the descriptor of an LZ4 frame says (LZ4 frame format 1.6). */
export interface Lz4Descriptor {
  /** Most bytes that a block may decode to. */
  blockBytesMax: number;
  /** A block may refer to the 64 KiB before it. */
  linked: boolean;
  blockChecksums: boolean;
  contentChecksum: boolean;
  /** Bytes of content, or 0n where that is not said. */
  contentSize: bigint;
  /** Magic, descriptor and its checksum are what the reference writes. */
  standard: boolean;
}

const FLG_AT = 4;
const BD_AT = 5;
const CONTENT_SIZE_FLAG = 0x08;
const DICTIONARY_FLAG = 0x01;

/**
 * How many bytes there are from the magic to the descriptor's checksum, from the first
 * `LZ4_FRAME_START_BYTES` of them.
 * @throws LtxError `LTX_LZ4_FRAME` when it is no LZ4 frame, or one that the format forbids
 */
export function lz4FrameStartLength(bytes: Uint8Array, offset: number): number {
  const magic = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  if (magic !== 0x184d_2204) throw refusal(offset, magicMessage(magic));
  const flg = bytes[FLG_AT]!;
  const bd = bytes[BD_AT]!;
  if (flg >>> 6 !== 1) throw refusal(offset + FLG_AT, `LZ4 frame version ${flg >>> 6} is not known`);
  if ((flg & 0x02) !== 0) throw refusal(offset + FLG_AT, 'a reserved bit of the LZ4 flags is set');
  if ((flg & DICTIONARY_FLAG) !== 0) throw refusal(offset + FLG_AT, 'the LZ4 frame names a dictionary');
  if ((bd & 0x8f) !== 0) throw refusal(offset + BD_AT, 'a reserved bit of the LZ4 block descriptor is set');
  if (bd >>> 4 < 4) throw refusal(offset + BD_AT, `LZ4 block size code ${bd >>> 4} is not known`);
  return LZ4_FRAME_START_BYTES + ((flg & CONTENT_SIZE_FLAG) !== 0 ? 8 : 0) + 1;
}

/**
 * The descriptor in the start of a frame, of the length that `lz4FrameStartLength` gave.
 * @throws LtxError `LTX_LZ4_FRAME` when its checksum is wrong
 */
export function readLz4Descriptor(kernels: Kernels, bytes: Uint8Array, offset: number): Lz4Descriptor {
  const flg = bytes[FLG_AT]!;
  const bd = bytes[BD_AT]!;
  const checksumAt = bytes.length - 1;
  if (bytes[checksumAt] !== descriptorChecksum(kernels, bytes.subarray(FLG_AT, checksumAt))) {
    throw refusal(offset + checksumAt, "the LZ4 descriptor's checksum is wrong");
  }
  const sized = (flg & CONTENT_SIZE_FLAG) !== 0;
  return {
    blockBytesMax: 1 << (8 + 2 * (bd >>> 4)),
    linked: (flg & 0x20) === 0,
    blockChecksums: (flg & 0x10) !== 0,
    contentChecksum: (flg & 0x04) !== 0,
    contentSize: sized
      ? new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(LZ4_FRAME_START_BYTES, true)
      : 0n,
    standard: LZ4_STANDARD_FRAME_START.every((byte, at) => bytes[at] === byte),
  };
}

function descriptorChecksum(kernels: Kernels, descriptor: Uint8Array): number {
  kernels.ensure(XXH32_STATE_BYTES + descriptor.length);
  kernels.memory.set(descriptor, XXH32_STATE_BYTES);
  kernels.xxh32Begin(0);
  kernels.xxh32Update(0, XXH32_STATE_BYTES, descriptor.length);
  return (kernels.xxh32Digest(0) >>> 8) & 0xff;
}

function magicMessage(magic: number): string {
  if (magic === 0x184c_2102) return 'the page block is a legacy LZ4 frame';
  if (magic >>> 4 === 0x0184_d2a5) return 'the page block begins with a skippable LZ4 frame';
  return 'the page block is not an LZ4 frame';
}

function refusal(offset: number, message: string): LtxError {
  return new LtxError('LTX_LZ4_FRAME', offset, message);
}
