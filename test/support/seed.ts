import { randomInt } from 'node:crypto';

const given = process.env['LFSB_TEST_SEED'];

/** LFSB_TEST_SEED, or another one each time: a failure names it, so that the run can be had again. */
export const seed = given === undefined ? randomInt(2 ** 31) : Number(given);

if (!Number.isSafeInteger(seed)) throw new Error(`LFSB_TEST_SEED must be a whole number, not ${given}`);
