import { follows, isBase, mayMerge, promiseStart } from './files.ts';
import type { StoredFile } from './types.ts';
import { Windows } from './windows.ts';

/**
 * The rules that plans follow, one function each. There is one set, `RULES`; tests replace single ones to see
 * that the promises break, and so that each rule is held by something.
 */
export interface Rules {
  windows(hash: bigint, intervalMs: number): Windows;
  isBase(file: StoredFile): boolean;
  follows(previous: StoredFile, next: StoredFile): boolean;
  mayMerge(previous: StoredFile, next: StoredFile): boolean;
  /** When the promise of the point at a file's end begins, ms. */
  promiseStart(file: StoredFile): number;
  /** Whether a promise that ends at `until` still holds; at the very end it does. */
  isPromised(until: number, now: number): boolean;
  /** Whether anything may be deleted, going by whether the wall clock is believed. */
  mayExpire(clockTrusted: boolean): boolean;
  /** Whether what a promised point is restored from is kept, not only the file that ends there. */
  keepsPlans(): boolean;
  /** Whether what the newest state is restored from is kept, whatever its age. */
  keepsTip(): boolean;
  /** Whether what builds still due will read is kept. */
  keepsOwed(): boolean;
  /** Whether a level-0 file that ends at `maxTxid` is stored where the required replicas reach `reached`. */
  isStored(maxTxid: bigint, reached: bigint): boolean;
  /** Whether a level is passed over for a group whose promise at it ends at `until`. */
  isPastLevel(until: number, now: number): boolean;
}

export const RULES: Rules = {
  windows: (hash, intervalMs) => new Windows(hash, intervalMs),
  isBase,
  follows,
  mayMerge,
  promiseStart,
  isPromised: (until, now) => until >= now,
  mayExpire: (clockTrusted) => clockTrusted,
  keepsPlans: () => true,
  keepsTip: () => true,
  keepsOwed: () => true,
  isStored: (maxTxid, reached) => maxTxid <= reached,
  isPastLevel: (until, now) => until < now,
};
