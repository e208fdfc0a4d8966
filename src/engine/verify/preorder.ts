import type { Point } from '../../compactor/plan/history.ts';

/** The points of a history, each after the one that it goes on from, and before any that does not go on from it. */
export function* preorder(points: readonly Point[]): Generator<Point> {
  const following = new Map<Point | null, Point[]>();
  for (const point of points) {
    const others = following.get(point.previous);
    if (others === undefined) following.set(point.previous, [point]);
    else others.push(point);
  }
  const open = (following.get(null) ?? []).toReversed();
  for (let point = open.pop(); point !== undefined; point = open.pop()) {
    yield point;
    for (const next of (following.get(point) ?? []).toReversed()) open.push(next);
  }
}
