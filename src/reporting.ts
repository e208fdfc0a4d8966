import { LfsbError } from './errors/index.ts';

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

/** What Sentry takes: `https://KEY@HOST[:PORT][/PATH]/PROJECT`. */
const DSN = /^https?:\/\/\w+(?::\w*)?@[\w.-]+(?::\d+)?\/(?:[\w/-]+\/)?\d+$/;

/**
 * Reports to Sentry where a DSN is set. Without one nothing is loaded: the library costs most of a second.
 * @throws LfsbError `ECONFIG` when it is no DSN
 */
export async function createReporter(dsn: string | null, release: string): Promise<Reporter> {
  if (dsn === null) return SILENT;
  // Sentry would write it to the console, key and all, and report nothing.
  if (!DSN.test(dsn)) {
    throw new LfsbError('ECONFIG', 'SENTRY_DSN is not a DSN', {
      hint: 'copy it from the settings of the Sentry project: https://KEY@HOST/PROJECT',
    });
  }
  const sentry = await import('@sentry/node');
  sentry.init({
    dsn,
    release,
    sendDefaultPii: false,
    // No request, no query and no console line leaves with an error, and nothing is wrapped to collect them.
    defaultIntegrations: false,
    integrations: [sentry.linkedErrorsIntegration()],
    maxBreadcrumbs: 0,
    skipOpenTelemetrySetup: true,
    registerEsmLoaderHooks: false,
    sendClientReports: false,
  });
  return {
    report: (error, tags) => {
      sentry.captureException(error, { tags: { ...tags } });
    },
    flush: async () => {
      await sentry.flush(REPORT_FLUSH_MS_MAX);
    },
  };
}
