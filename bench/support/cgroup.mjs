import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';
const PERIOD_US = 100_000;

/** Limits as systemd sets them for a unit, by whichever version of cgroups is here. */
export class Cgroup {
  #folders = [];
  #peakFile;
  #killsFile;

  /** @param cpu share of one processor. @throws where cgroups cannot be made, as in most containers */
  constructor(name, { memoryBytes, cpu }) {
    const quota = String(Math.round(cpu * PERIOD_US));
    try {
      this.#version1(name, memoryBytes, quota);
    } catch (first) {
      this.remove();
      try {
        this.#version2(name, memoryBytes, quota);
      } catch (second) {
        this.remove();
        throw new Error(`cgroups cannot be made here: ${first.message}; ${second.message}`, {
          cause: second,
        });
      }
    }
  }

  /** Why there can be none here; null where there can. */
  static missing() {
    try {
      new Cgroup(`lfsb-bench-${process.pid}`, { memoryBytes: 2 ** 28, cpu: 1 }).remove();
      return null;
    } catch (error) {
      return error.message;
    }
  }

  #version1(name, memoryBytes, quota) {
    const memory = this.#make('memory', name);
    writeFileSync(join(memory, 'memory.limit_in_bytes'), String(memoryBytes));
    const cpu = this.#make('cpu', name);
    writeFileSync(join(cpu, 'cpu.cfs_period_us'), String(PERIOD_US));
    writeFileSync(join(cpu, 'cpu.cfs_quota_us'), quota);
    this.#peakFile = join(memory, 'memory.max_usage_in_bytes');
    this.#killsFile = join(memory, 'memory.oom_control');
  }

  #version2(name, memoryBytes, quota) {
    const folder = this.#make('', name);
    writeFileSync(join(folder, 'memory.max'), String(memoryBytes));
    writeFileSync(join(folder, 'cpu.max'), `${quota} ${PERIOD_US}`);
    this.#peakFile = join(folder, 'memory.peak');
    this.#killsFile = join(folder, 'memory.events');
  }

  #make(controller, name) {
    const folder = join(ROOT, controller, name);
    mkdirSync(folder);
    this.#folders.push(folder);
    return folder;
  }

  /** The command, with itself in the cgroup before it begins. */
  command(argv) {
    const join = this.#folders.map((folder) => `echo $$ > ${folder}/cgroup.procs`).join(' && ');
    return ['/bin/sh', '-c', `${join} && exec "$@"`, 'sh', ...argv];
  }

  /** Most memory used at once, page cache and all, MB. */
  get peakMegabytes() {
    return Number(readFileSync(this.#peakFile, 'utf8')) / 1e6;
  }

  /** Processes that were killed for want of memory. */
  get kills() {
    return Number(/^oom_kill (\d+)/m.exec(readFileSync(this.#killsFile, 'utf8'))?.[1] ?? 0);
  }

  /** Once nothing runs in it any more. */
  remove() {
    for (const folder of this.#folders.splice(0)) rmdirSync(folder);
  }
}
