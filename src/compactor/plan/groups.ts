import type { SourcedFile } from './files.ts';
import type { Rules } from './rules.ts';
import type { StoredFile } from './types.ts';
import type { Windows } from './windows.ts';

/** Neighbours of one window, which become one file. */
export interface Group {
  readonly files: readonly SourcedFile[];
  readonly end: StoredFile;
  /** The window whose last transaction the file ends at, as far as it is here. */
  readonly window: number;
  /** All of it came after the file of its window was built: `window` is then the one it was received in. */
  readonly late: boolean;
}

/**
 * Cuts a walk into groups by window. Files of a window whose file is built already came late, and begin the
 * next file; where there is nothing else to go with them, the window that they were received in is theirs, so
 * that a clock that stands still costs no more files than one that goes.
 */
export function groupFiles(
  files: readonly SourcedFile[],
  built: StoredFile | null,
  windows: Windows,
  rules: Rules,
): Group[] {
  const first = files[0]?.file;
  // What could not have been merged with the file that is built did not come too late for it.
  const continues = built !== null && first !== undefined && rules.mayMerge(built, first);
  const builtWindow = continues ? windows.of(built.effectiveTime) : Number.NEGATIVE_INFINITY;
  const groups: Group[] = [];
  let open: SourcedFile[] = [];
  let window: number | null = null;
  const close = () => {
    if (open.length > 0) groups.push(groupOf(open, window, windows));
  };
  for (const entry of files) {
    const own = windows.of(entry.file.effectiveTime);
    const isLate = own <= builtWindow;
    const before = open.at(-1)?.file;
    const joins = before !== undefined && rules.mayMerge(before, entry.file) && (window ?? own) === own;
    if (!joins) {
      close();
      open = [];
      window = null;
    }
    open.push(entry);
    if (!isLate) window = own;
  }
  close();
  return groups;
}

function groupOf(files: readonly SourcedFile[], window: number | null, windows: Windows): Group {
  const end = files.at(-1)!.file;
  if (window !== null) return { files, end, window, late: false };
  return { files, end, window: windows.of(files[0]!.file.receivedAt), late: true };
}
