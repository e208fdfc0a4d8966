import { spawn } from 'node:child_process';

/** How long systemd is waited for, ms: it does not matter if it never hears. */
const NOTIFY_MS_MAX = 5_000;

/** Tells systemd that the service is up, where it asked to be told. Its socket is no kind that Node speaks. */
export function notifySystemd(state: 'ready' | 'stopping'): void {
  if (process.env['NOTIFY_SOCKET'] === undefined) return;
  const child = spawn('systemd-notify', [`--${state}`], { stdio: 'ignore', timeout: NOTIFY_MS_MAX });
  child.on('error', (error) => {
    process.stderr.write(`Warning: systemd was not told: ${error.message}\n`);
  });
}
