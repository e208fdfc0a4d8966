export interface IgnoreFile {
  /** Files and folders of the project, by name. */
  readonly allowed: readonly string[];
  /** Ends of names that are left out all the same. */
  readonly suffixes: readonly string[];
}

export function parseIgnoreFile(text: string): IgnoreFile;
export function layContext(project: string, target: string): void;
