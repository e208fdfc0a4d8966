import { MERGE_INPUTS_MAX } from '../../ltx/index.ts';

/** What a pass reads: input `index` of the build, or what pass `index` wrote. */
export interface PassInput {
  readonly kind: 'input' | 'pass';
  readonly index: number;
}

/** One merge of a build. The last pass writes the build's file, the others files that live as long as the build. */
export type Pass = readonly PassInput[];

/** An input by its index, or the merge of neighbours. */
type Part = number | readonly Part[];

/**
 * How to merge `inputs` contiguous files when one merge takes at most `most`: neighbours first, so that every
 * byte is read and written as few times as can be; and what passes write is read again as soon as can be, so
 * that few of it are there at once, however many inputs there are.
 */
export function planPasses(inputs: number, most: number = MERGE_INPUTS_MAX): Pass[] {
  let layer: Part[] = Array.from({ length: inputs }, (_, index) => index);
  while (layer.length > most) layer = inGroups(layer, most);
  const passes: Pass[] = [];
  const read = (part: Part): PassInput => {
    if (typeof part === 'number') return { kind: 'input', index: part };
    const index = passes.push(part.map(read)) - 1;
    return { kind: 'pass', index };
  };
  passes.push(layer.map(read));
  return passes;
}

function inGroups(layer: readonly Part[], most: number): Part[] {
  const groups: Part[] = [];
  for (let at = 0; at < layer.length; at += most) {
    const group = layer.slice(at, at + most);
    groups.push(group.length === 1 ? group[0]! : group);
  }
  return groups;
}
