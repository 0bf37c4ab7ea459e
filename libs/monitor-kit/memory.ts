/**
 * What a check remembers beyond its process: one small file each in the monitor's run folder. A fact is about one boot,
 * so each file names its own; after a reboot, also where the folder is no tmpfs, nothing is recalled.
 */
import { join } from 'node:path'
import { readWhole, replaceFile } from '#durable'
import type { Host } from '#host'
import { hashText } from '#model'
import type { Logger } from '#service'
import type { CheckMemory } from './types.ts'

/** Of one file; what is larger is not kept. */
export const MEMORY_BYTES_MAX = 65_536

/** The boot id and what stands around it. */
const ENVELOPE_BYTES = 128

export interface MemoryOptions {
  /** The monitor's own run folder. It has to be there: with the socket it is. */
  readonly folder: string
  /** The check's configured name. */
  readonly check: string
  readonly host: Pick<Host, 'bootId'>
  readonly log: Logger
}

/** Of a file or folder of a check: a name that no other check's can be, whatever it is made of. */
export function fileNameOf(check: string): string {
  return /^[a-z0-9-]{1,64}$/.test(check) ? check : hashText(check)
}

export interface KeptMemory extends CheckMemory {
  /** Resolves when nothing more is to be written. */
  settled(): Promise<void>
}

export function createCheckMemory({ folder, check, host, log }: MemoryOptions): KeptMemory {
  const path = join(folder, `${fileNameOf(check)}.memory.json`)
  let kept: string | undefined
  let wanted: string | undefined
  let writing: Promise<void> | undefined
  let hasFailed = false

  function failed(message: string, err: unknown): void {
    if (!hasFailed) log.warn(message, { err })
    hasFailed = true
  }

  async function write(): Promise<void> {
    while (wanted !== undefined && wanted !== kept) {
      const facts = wanted
      try {
        const text = JSON.stringify({ boot: await host.bootId(), facts: JSON.parse(facts) as unknown })
        // Of one boot: it need not outlive a power cut.
        await replaceFile(path, text, { mode: 0o600, sync: false })
        kept = facts
        hasFailed = false
      } catch (err) {
        failed('check cannot keep what it knows', err)
        return
      }
    }
  }

  return {
    async recall() {
      try {
        const bytes = await readWhole(path, MEMORY_BYTES_MAX)
        if (bytes === undefined) return undefined
        const { boot, facts } = JSON.parse(bytes.toString()) as { boot: unknown; facts: unknown }
        if (boot !== (await host.bootId())) return undefined
        kept = JSON.stringify(facts)
        return facts
      } catch (err) {
        failed('check cannot recall what it knew', err)
        return undefined
      }
    },
    remember(facts) {
      const text = JSON.stringify(facts)
      const bytes = Buffer.byteLength(text)
      if (bytes > MEMORY_BYTES_MAX - ENVELOPE_BYTES) {
        failed('check cannot keep what it knows', new Error(`it is ${bytes} bytes long`))
        return
      }
      wanted = text
      writing ??= write().finally(() => {
        writing = undefined
      })
    },
    settled: () => writing ?? Promise.resolve(),
  }
}

/** Of a check that is run without a monitor: it knows what its process knows. */
export const NO_MEMORY: CheckMemory = { recall: () => Promise.resolve(undefined), remember: () => undefined }
