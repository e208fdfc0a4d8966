import { urlOf } from './replica.ts';
import type { ReplicaTarget } from './types.ts';

/** What the folder of a replica has at its top: another replica there would be taken for a part of it. */
const OWN_NAMES: readonly string[] = ['1', '2', '3', '9', '.lfsb', '+parts'];

const SSH_PORT = 22;

/** Which place a target is, however it is spelled: stores of two makers may have buckets of one name. */
function placeOf(target: ReplicaTarget): string {
  switch (target.type) {
    case 's3':
      return `${target.endpoint ?? ''} ${urlOf(target)}`;
    case 'sftp':
      return urlOf({ ...target, port: target.port ?? SSH_PORT });
    case 'file':
      return urlOf(target);
  }
}

/** Whether two replicas would get in each other's way: one place, or one among the files of the other. */
export function isSamePlace(a: ReplicaTarget, b: ReplicaTarget): boolean {
  const [one, other] = [placeOf(a), placeOf(b)];
  return one === other || isAmong(one, other) || isAmong(other, one);
}

const isAmong = (outer: string, inner: string): boolean =>
  inner.startsWith(`${outer}/`) &&
  OWN_NAMES.includes(decodeURIComponent(inner.slice(outer.length + 1).split('/', 1)[0] ?? ''));

/** Whether a replica is where a file or folder of this machine is, or below it. */
export const isIn = (target: ReplicaTarget, path: string): boolean =>
  target.type === 'file' && (target.path === path || target.path.startsWith(`${path}/`));
