/** Where unexpected errors go besides the log. */
export interface Reporter {
  /** Reports an error that is a bug of ours; `tags` hold names and ids, never contents. */
  report(error: unknown, tags: Readonly<Record<string, string>>): void;
  /** Waits for what is on its way, within REPORT_FLUSH_MS_MAX. */
  flush(): Promise<void>;
}

/** How long the end of the process waits for reports, ms. */
export const REPORT_FLUSH_MS_MAX = 2_000;

const SILENT: Reporter = { report: () => {}, flush: async () => {} };

/** Reports to Sentry where a DSN is set. Without one nothing is loaded: the library costs half a second. */
export async function createReporter(dsn: string | null, release: string): Promise<Reporter> {
  if (dsn === null) return SILENT;
  const sentry = await import('@sentry/node');
  sentry.init({ dsn, release, sendDefaultPii: false, defaultIntegrations: false });
  return {
    report: (error, tags) => {
      sentry.captureException(error, { tags: { ...tags } });
    },
    flush: async () => {
      await sentry.flush(REPORT_FLUSH_MS_MAX);
    },
  };
}
