import { parseCompaction } from '../../../../src/compactor/plan/config.ts';
import { type Action, type BuildAction, type Plan, plan } from '../../../../src/compactor/plan/index.ts';
import { RULES, type Rules } from '../../../../src/compactor/plan/rules.ts';
import type { CompactionConfig, ReplicaState, StoredFile } from '../../../../src/compactor/types.ts';
import { Random } from '../../../support/random.ts';
import { ModelDatabase, type ServerClock } from './model.ts';
import { endKey, restorable } from './restorable.ts';

/** Windows and retentions of minutes, so that a simulated day sees them many times over. */
export const SMALL_CONFIG = parseCompaction('1:10s:3m,2:1m:40m,3:10m:3h', '1h:6h', 1024 ** 3);

export const START = Date.UTC(2024, 0, 1);

/** A broken promise. */
export class Broken extends Error {}

/** A point that was stored on a replica, and until when it is promised, ms. */
interface Promised {
  readonly replica: string;
  readonly state: string;
  readonly until: number;
}

export interface WorldOptions {
  readonly seed: number;
  readonly replicas: readonly string[];
  readonly rules?: Rules;
  readonly config?: CompactionConfig;
}

/** A simulated server: what it has received and stored, carrying out plans, with crashes, by a driven clock. */
export class World {
  readonly random: Random;
  readonly config: CompactionConfig;
  readonly database: ModelDatabase;
  readonly stored = new Map<string, StoredFile[]>();
  readonly down = new Set<string>();
  readonly pins = new Set<string>();
  local: StoredFile[] = [];
  /** True time, ms. */
  time = START;
  /** How far the server's wall clock is off, ms; it is not believed then. */
  skew = 0;
  puts = 0;
  readonly #rules: Rules;
  readonly #names: readonly string[];
  #promised: Promised[] = [];
  /** True time of each transaction's receipt, ms: one stamped ahead of it is promised from it. */
  readonly #received = new Map<StoredFile, number>();
  /** Newest state that the required replica has, and must go on having. */
  #mark = 0n;

  constructor({ seed, replicas, rules = RULES, config = SMALL_CONFIG }: WorldOptions) {
    this.random = new Random(seed);
    this.database = new ModelDatabase(this.random);
    this.#rules = rules;
    this.config = config;
    this.#names = replicas;
    for (const name of replicas) this.stored.set(name, []);
  }

  get clock(): ServerClock {
    return { wall: this.time + this.skew, trusted: this.skew === 0 };
  }

  receive(file: StoredFile): void {
    this.local.push(file);
    this.#received.set(file, this.time);
  }

  plan(): Plan {
    const replicas: ReplicaState[] = this.#names.map((name, i) => ({
      name,
      required: i === 0,
      backoffUntil: this.down.has(name) ? this.clock.wall + 60_000 : null,
    }));
    const catalogue = { cluster: 'c', db: 'd', incarnation: 1, local: this.local, replicas: this.stored };
    const { wall, trusted } = this.clock;
    const databases = [{ catalogue }];
    const { config, pins } = this;
    return plan({ databases, config, replicas, now: wall, clockTrusted: trusted, pins }, this.#rules);
  }

  /**
   * Plans and carries the plan out; `crashes` may stop it between any two actions, and deletes go in any order.
   * @returns whether all of it was done
   */
  step(crashes: boolean): boolean {
    const { actions } = this.plan();
    let left = crashes ? this.random.int(0, actions.length) : actions.length;
    const builds = actions.filter((action) => action.kind === 'build');
    const deletes = actions.filter((action) => action.kind === 'delete');
    if (crashes) shuffle(deletes, this.random);
    // Deletes may come before the builds of the same plan, too: they are other places' work.
    const order: Action[] =
      crashes && this.random.chance(0.5) ? [...deletes, ...builds] : [...builds, ...deletes];
    for (const action of order) {
      if (left-- <= 0) return false;
      if (action.kind === 'build') this.#build(action);
      else if (action.kind === 'delete') this.#remove(action.replica, action.file);
    }
    return true;
  }

  #build(action: BuildAction): void {
    const { replica, inputs, output, asSnapshot } = action;
    if (this.down.has(replica)) throw new Broken(`a build on ${replica}, which is down`);
    for (const [i, { replica: source, file }] of inputs.entries()) {
      const there = source === null ? this.local : this.stored.get(source)!;
      if (!there.includes(file))
        throw new Broken(`an input of ${describe(output)} has gone: ${describe(file)}`);
      const before = inputs[i - 1]?.file;
      if (before !== undefined) checkMerge(before, file);
    }
    const first = inputs[0]!.file;
    const whole = first.minTxid === 1n || first.preApplyChecksum === 1n << 63n;
    if (asSnapshot && !whole) throw new Broken('a snapshot without a base');
    const sizeBytes = Math.max(...inputs.map(({ file }) => file.sizeBytes));
    const file: StoredFile = { ...output, sizeBytes };
    const files = this.stored.get(replica)!;
    if (!files.some((each) => sameName(each, file))) files.push(file);
    else throw new Broken(`${describe(file)} is built twice`);
    files.sort((a, b) => (a.maxTxid === b.maxTxid ? 0 : a.maxTxid < b.maxTxid ? -1 : 1));
    this.puts++;
    this.#promise(replica, file);
  }

  #promise(replica: string, file: StoredFile): void {
    const truth = this.database.transactions.find((each) => endKey(each) === endKey(file));
    if (truth === undefined) throw new Broken(`${describe(file)} ends at no state there ever was`);
    const { retentionMs } = this.config.levels.find(({ level }) => level === file.level)!;
    const until = Math.max(truth.effectiveTime, truth.receivedAt) + retentionMs;
    this.#promised.push({ replica, state: endKey(file), until });
  }

  #remove(replica: string | null, file: StoredFile): void {
    const without = (files: readonly StoredFile[]) => files.filter((each) => each !== file);
    if (replica === null) this.local = without(this.local);
    else this.stored.set(replica, without(this.stored.get(replica)!));
  }

  /** Checks every promise against what is stored now. */
  check(): void {
    this.#promised = this.#promised.filter(({ until }) => until >= this.time);
    for (const name of this.#names) this.#checkReplica(name);
    this.#checkCurrent();
    this.#checkLocal();
  }

  #checkReplica(name: string): void {
    const states = restorable(this.stored.get(name)!);
    for (const { replica, state } of this.#promised) {
      if (replica === name && !states.has(state))
        throw new Broken(`${name} has lost ${state} before its time`);
    }
    if (name !== this.#names[0]) return;
    const reached = [...states.keys()].map((key) => BigInt(key.split('/')[0]!));
    const newest = reached.reduce((a, b) => (a > b ? a : b), 0n);
    if (newest < this.#mark) throw new Broken(`the high-water mark fell from ${this.#mark} to ${newest}`);
    this.#mark = newest;
  }

  #checkCurrent(): void {
    const { newest } = this.database;
    if (newest === undefined) return;
    const states = restorable([...this.local, ...this.stored.get(this.#names[0]!)!]);
    if (!states.has(endKey(newest))) throw new Broken(`the current state ${endKey(newest)} is lost`);
  }

  #checkLocal(): void {
    const states = restorable([...this.local, ...this.stored.get(this.#names[0]!)!]);
    const { retentionMs } = this.config.levels[0]!;
    for (const file of this.database.transactions) {
      const received = Math.min(file.receivedAt, this.#received.get(file) ?? file.receivedAt);
      const until = Math.max(file.effectiveTime, received) + retentionMs;
      if (until >= this.time && !states.has(endKey(file))) {
        throw new Broken(`transaction ${endKey(file)} is lost before its time`);
      }
    }
  }
}

function checkMerge(before: StoredFile, file: StoredFile): void {
  const fits = before.maxTxid + 1n === file.minTxid && before.postApplyChecksum === file.preApplyChecksum;
  if (!fits) throw new Broken(`${describe(file)} does not follow ${describe(before)}`);
  if (before.pageSize !== file.pageSize)
    throw new Broken(`a merge crosses a change of page size at ${file.minTxid}`);
}

const sameName = (a: StoredFile, b: StoredFile): boolean =>
  a.level === b.level && a.minTxid === b.minTxid && a.maxTxid === b.maxTxid;

const describe = (file: Pick<StoredFile, 'level' | 'minTxid' | 'maxTxid'>): string =>
  `${file.level}/${file.minTxid}-${file.maxTxid}`;

function shuffle<T>(items: T[], random: Random): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.int(0, i);
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
}
