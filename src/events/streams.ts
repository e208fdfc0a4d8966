/** The server's own life: start, stop, clock. */
export const SERVER_STREAM = 'server';

/** What concerns a cluster and none of its databases. */
export const clusterStream = (cluster: string): string => `cluster/${cluster}`;

/** Refusals under a name, whether or not a database of that name exists. */
export const refusalsStream = (cluster: string, db: string): string => `refusals/${cluster}/${db}`;

/** One incarnation of a database, from its creation to its deletion; `incarnation` counts from 1. */
export const databaseStream = (cluster: string, db: string, incarnation: number): string =>
  `db/${cluster}/${db}/${incarnation}`;

/** What is stored of one incarnation of a database, beside the stream of its transactions. */
export const storageStream = (cluster: string, db: string, incarnation: number): string =>
  `storage/${cluster}/${db}/${incarnation}`;

/** The state of a replica. */
export const replicaStream = (replica: string): string => `replica/${replica}`;
