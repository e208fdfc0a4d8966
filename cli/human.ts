const UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `12 B`, `3.4 MiB`. */
export function humanBytes(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  let value = bytes / 1_024;
  let unit = 0;
  for (; value >= 1_023.95 && unit < UNITS.length - 1; unit++) value /= 1_024;
  return `${value.toFixed(1)} ${UNITS[unit]}`;
}

/** `7s`, `3m20s`, `2h05m`. */
export function humanSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole}s`;
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole < 3_600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  return `${Math.floor(whole / 3_600)}h${two(Math.floor((whole % 3_600) / 60))}m`;
}

/** `0.3 s`, then as `humanSeconds`. */
export const humanDuration = (ms: number): string =>
  ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : humanSeconds(ms / 1_000);

/** How long something lasts, in the two units that matter: `7s`, `3m20s`, `2h05m`, `3d04h`. */
export function humanAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 86_400) return humanSeconds(seconds);
  const hours = String(Math.floor((seconds % 86_400) / 3_600)).padStart(2, '0');
  return `${Math.floor(seconds / 86_400)}d${hours}h`;
}
