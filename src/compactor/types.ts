/** What plans are made of lives with the plans, which may import nothing that acts. */
export * from './plan/types.ts';
