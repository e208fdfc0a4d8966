/** Threads that plan, merge and store. One merges faster than two cores can take transactions in. */
export const STORAGE_WORKERS = 1;

/** Threads that read from replicas: these, and those that build snapshots and restores (`STREAM_WORKERS`). */
export const READING_THREADS = STORAGE_WORKERS + 2;

/** Heap for young objects of such a thread, MiB: its work is in buffers. */
export const STORAGE_WORKER_YOUNG_MB = 3;

/** Jobs of all threads at once; the lanes ask for fewer. */
export const JOBS_MAX = 64;
