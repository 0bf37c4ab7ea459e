/** Logs that were rotated, by their names alone: nobody writes to these any more. Pure. */

/** As logrotate, the kubelet and others compress. */
const COMPRESSED = /\.(?:gz|xz|bz2|zst|lz4|lzma|Z)$/
/** `syslog.1`, `Xorg.0.log.old`; not a library (`libx.so.1`), nor what databases number (`mysql-bin.000001`). */
const NUMBERED = /^(?!.*\.so(?:\.\d+)*$).+\.(?:\d{1,3}|old)$/s
/** `messages-20261129`, `0.log.20261129-150405`, `kern-20261129.log`, `app.2026-11-29.log`, `app-2026-11-29-1.log`. */
const DATED = /^.+[-._](?:19|20)\d\d-?[01]\d-?[0-3]\d(?:[-._T]?[\d:.-]{1,20})?(?:\.log)?$/s

/** @param name one unit for each byte */
export function isRotatedLog(name: string): boolean {
  const plain = name.replace(COMPRESSED, '')
  if (NUMBERED.test(plain) || DATED.test(plain)) return true
  return plain !== name && plain.endsWith('.log')
}
