/** Names of metrics as node-problem-detector has them in /metrics: made by its exporter of OpenCensus (prometheus v0.4.2, sanitize.go). */

/** A longer one is cut, in bytes. */
const NAME_BYTES = 100

/**
 * The name under which a display name stands in /metrics: cut to 100 bytes; what is no letter of ASCII, digit or "_" is "_", of
 * dashes in a row one; "_" before a digit at the beginning; and "key" before "_".
 */
export function npdMetricName(displayName: string): string {
  const cut = new TextDecoder().decode(new TextEncoder().encode(displayName).subarray(0, NAME_BYTES))
  const plain = cut
    .replace(/-+/g, '-')
    .replace(/[^A-Za-z0-9_]/gu, '_')
    .replace(/^(?=\d)/, '_')
  return plain.startsWith('_') ? `key${plain}` : plain
}
