/** How thoroughly SQLite looks at what was restored. */
export const INTEGRITY_CHECKS = ['none', 'quick', 'full'] as const;

export type IntegrityCheck = (typeof INTEGRITY_CHECKS)[number];
