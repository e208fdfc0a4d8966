import { MERGE_INPUTS_MAX } from '../../ltx/index.ts';

/** What a pass reads: input `index` of the build, or what pass `index` wrote. */
export interface PassInput {
  readonly kind: 'input' | 'pass';
  readonly index: number;
}

/** One merge of a build. The last pass writes the build's file, the others files that live as long as the build. */
export type Pass = readonly PassInput[];

/**
 * How to merge `inputs` contiguous files when one merge takes at most `most`: neighbours first, so that every
 * byte is read and written as few times as can be.
 */
export function planPasses(inputs: number, most: number = MERGE_INPUTS_MAX): Pass[] {
  const passes: Pass[] = [];
  let layer: PassInput[] = Array.from({ length: inputs }, (_, index) => ({ kind: 'input', index }));
  while (layer.length > most) {
    const next: PassInput[] = [];
    for (let at = 0; at < layer.length; at += most) {
      const group = layer.slice(at, at + most);
      if (group.length === 1) {
        next.push(group[0]!);
      } else {
        next.push({ kind: 'pass', index: passes.length });
        passes.push(group);
      }
    }
    layer = next;
  }
  passes.push(layer);
  return passes;
}
