/** What the tests here share. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Logger } from '#service'

export interface RecordedLog extends Logger {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: Record<string, unknown> }[]
}

/** A logger that keeps what it is told. */
export function recordingLog(): RecordedLog {
  const lines: RecordedLog['lines'] = []
  const at =
    (level: string): Logger['info'] =>
    (message, fields = {}) => {
      lines.push({ level, message, fields: { ...fields } })
    }
  const log: RecordedLog = {
    lines,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => log,
  }
  return log
}

/** A folder of its own, removed at the end of the test that asked for it. */
export async function scratchFolder(onTestFinished: (work: () => Promise<void>) => void): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'nd-http-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}
