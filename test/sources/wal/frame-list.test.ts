import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FrameList } from '../../../src/sources/wal/index.ts';
import { property } from '../../support/property.ts';

const page = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 0xffff_ffff }));

it('keeps the last version of each page up to the end of the database, by rising number', () => {
  fc.assert(
    fc.property(fc.array(page, { maxLength: 1_200, size: 'max' }), fc.nat(), page, (pages, kept, commit) => {
      const list = new FrameList();
      pages.forEach((number, frame) => {
        list.add(number, frame);
      });
      list.cut(kept);
      const last = new Map(pages.slice(0, kept).map((number, frame) => [number, frame]));
      const expected = [...last].filter(([number]) => number <= commit).sort(([a], [b]) => a - b);
      const { count, pages: found, frames } = list.latest(commit);
      expect(Array.from({ length: count }, (_, i) => [found[i], frames[i]])).toEqual(expected);
    }),
    property(200),
  );
});
