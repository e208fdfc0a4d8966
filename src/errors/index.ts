export * from './catalogue.ts';
export * from './lfsb-error.ts';
