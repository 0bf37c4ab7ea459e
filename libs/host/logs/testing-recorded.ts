/** A kernel's log that a test writes, on a machine that is a folder. */
import { appendFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A line of a script. */
export interface ScriptLine {
  /** When it is said, in milliseconds from the script's beginning; it is also the time of the record. */
  readonly atMs: number
  readonly text: string
  /** 0 to 7. Default 6 (info). */
  readonly level?: number
  /** 0 is the kernel. Default 0. */
  readonly facility?: number
  /** `{ SUBSYSTEM: 'pci' }` */
  readonly fields?: Readonly<Record<string, string>>
}

/** What stands in `dev/kmsg` of a folder, as the device tells it. */
export interface RecordedKernelLog {
  readonly bootId: string
  /** Says a line now. */
  say(line: ScriptLine): Promise<void>
  /** Numbers that nobody gets to see: as if the kernel had overwritten so many records. */
  lose(count: number): void
  /** Says each line at its time, made shorter by `speed` (default: all at once). */
  play(script: readonly ScriptLine[], speed?: number): Promise<void>
  /** Another boot: an empty log that counts from 0, and another id. */
  reboot(bootId: string): Promise<void>
}

const FIRST_BOOT = '00000000-0000-4000-8000-000000000001'

/** As the kernel writes what cannot be printed, and "\". */
function escaped(text: string): string {
  return Buffer.from(text)
    .toString('latin1')
    .replaceAll(/[^ -[\]-~]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** Makes the log in a folder that a host is rooted at. */
export async function recordKernelLog(root: string, bootId = FIRST_BOOT): Promise<RecordedKernelLog> {
  const path = join(root, 'dev', 'kmsg')
  const idPath = join(root, 'proc', 'sys', 'kernel', 'random', 'boot_id')
  let sequence = 0
  let boot = bootId

  async function begin(id: string): Promise<void> {
    boot = id
    sequence = 0
    for (const each of [path, idPath]) await mkdir(dirname(each), { recursive: true })
    await writeFile(idPath, `${id}\n`)
    await writeFile(path, '')
  }
  async function say({ atMs, text, level = 6, facility = 0, fields = {} }: ScriptLine): Promise<void> {
    const head = `${facility * 8 + level},${sequence++},${Math.round(atMs * 1000)},-;`
    const more = Object.entries(fields).map(([name, value]) => ` ${name}=${escaped(value)}\n`)
    await appendFile(path, `${head}${escaped(text)}\n${more.join('')}`)
  }
  await begin(bootId)
  return {
    get bootId() {
      return boot
    },
    say,
    lose(count) {
      sequence += count
    },
    async play(script, speed = Number.POSITIVE_INFINITY) {
      let nowMs = 0
      for (const line of script) {
        await sleep(Math.max(0, line.atMs - nowMs) / speed)
        nowMs = line.atMs
        await say(line)
      }
    },
    reboot: begin,
  }
}
