import type { ReplicaSpace } from '../storage/index.ts';

/** Less room than this is little, bytes; on a small disk, less than this share of it. */
export const FREE_BYTES_MIN = 1024 ** 3;
export const FREE_SHARE_MIN = 0.1;

/** Whether so little room is left that an operator should know. */
export const isLow = ({ freeBytes, totalBytes }: ReplicaSpace): boolean =>
  freeBytes < Math.min(FREE_BYTES_MIN, totalBytes * FREE_SHARE_MIN);
