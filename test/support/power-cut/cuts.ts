import { mkdirSync, rmSync } from 'node:fs';
import { Disk } from './disk.ts';
import { type Luck, NO_LUCK } from './inode.ts';
import type { Acknowledgement, Recording } from './recording.ts';
import { Replay } from './replay.ts';
import { type Call, type Moment, readTrace } from './trace.ts';

/** A moment at which the power goes. */
export interface Cut {
  /** The last TXID that was acknowledged, of each database. */
  readonly acknowledged: ReadonlyMap<string, number>;
  /** The moment at which an answer leaves, at which a run has ended, or any other. */
  readonly kind: 'answer' | 'end' | 'other';
  /** How many moments came before. */
  readonly at: number;
  /** Puts what the disk holds into a folder. */
  materialise(luck?: Luck): void;
}

export interface CutOptions {
  readonly recording: Recording;
  /** The folder that was recorded. */
  readonly base: string;
  /** Where cuts are put: emptied before each. */
  readonly folder: string;
  /** Asked at every moment that is no answer: whether to cut there too. */
  readonly alsoAt: () => boolean;
}

/** Replays a recording, and stops at every answer that acknowledges something, before it leaves, and at every end. */
export async function* cuts({ recording, base, folder, alsoAt }: CutOptions): AsyncGenerator<Cut> {
  const disk = new Disk(base);
  const acknowledged = new Map<string, number>();
  const materialise = (luck: Luck = NO_LUCK): void => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    disk.materialise(folder, luck);
  };
  let at = 0;
  for (const { trace } of recording.runs) {
    const replay = new Replay(disk);
    for (const moment of await readTrace(trace, (call) => isOfInterest(disk, call))) {
      const heard = answers(moment, replay, recording);
      for (const { db, txid } of heard) acknowledged.set(db, Math.max(txid, acknowledged.get(db) ?? 0));
      const kind = heard.length > 0 ? 'answer' : 'other';
      if (kind === 'answer' || alsoAt()) yield { acknowledged, kind, at, materialise };
      replay.apply(moment);
      at++;
    }
    yield { acknowledged, kind: 'end', at, materialise };
  }
}

/** Of the files that are opened, most are modules. */
const isOfInterest = (disk: Disk, call: Call): boolean =>
  !call.name.startsWith('open') || disk.has(call.strings[0]?.toString('utf8') ?? '');

/** What the answers say whose writing begins here. */
function answers({ at, call }: Moment, replay: Replay, recording: Recording): readonly Acknowledgement[] {
  if (at !== 'begin' || !/^(write|send)/.test(call.name) || !replay.isElsewhere(call)) return [];
  const text = Buffer.concat(call.strings).toString('latin1');
  const ids = [...text.matchAll(/^x-request-id: *([0-9a-z-]+)/gim)].map(([, id]) => id ?? '');
  return ids.flatMap((id) => recording.acknowledgements.get(id) ?? []);
}
