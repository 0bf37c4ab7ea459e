/** A line of the kernel's log as it is saved: a record of /dev/kmsg, or what dmesg prints. Pure. */

/** What it says, and when. */
export interface KernelLine {
  readonly bytes: Buffer
  /** Since the boot; undefined: it does not say. */
  readonly sinceBootMs: number | undefined
}

/** `6,1234,5678901,-;text`; and what dmesg puts before a line: `[ 1234.567890] text`, `<6>[ 1234.567890][  T452] text`. */
const RECORD = /^\d+,\d+,(\d+),[^;]*;/
const PRINTED = /^(?:<\d+>)?\[ *(\d+)\.(\d{6})\](?:\[ *[TC]\d+\])? ?/

/** Any other line is as it stands. */
export function kernelLineOf(line: Buffer): KernelLine {
  const head = line.toString('latin1', 0, 200)
  const record = RECORD.exec(head)
  if (record !== null) return { bytes: line.subarray(record[0].length), sinceBootMs: Number(record[1]) / 1000 }
  const printed = PRINTED.exec(head)
  if (printed === null) return { bytes: line, sinceBootMs: undefined }
  return {
    bytes: line.subarray(printed[0].length),
    sinceBootMs: Number(printed[1]) * 1000 + Number(printed[2]) / 1000,
  }
}
