/** What to do about a database that others write to: decisions without I/O. */
export * from './cursor.ts';
export * from './decide-change.ts';
export * from './decide-checkpoint.ts';
export * from './decide-follow.ts';
export * from './decide-hand-over.ts';
export * from './decide-resume.ts';
