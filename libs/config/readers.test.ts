import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Readers } from './testing-readers.ts'

/** Of the processor: the compiler reads all of the source. A quarter of it is what it takes. */
const CPU_MS = 60_000
/** Of the clock, where others have most of the machine. */
const WALL_MS = 600_000

/** What a promise is that nothing of this version can keep yet: remediator and host-actions are to read it. */
const NOT_BUILT = /^remediation\.(timeZone|minUptimeMs|lease\.|actions\[\]\.)/

/** Read where it is made, or shown as a whole. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  name: 'a name for people; `validate -o json` shows it',
  'bus.tls.ca': 'handed on as a whole to libs/bus, which knows no configuration (tls.test.ts)',
  'bus.tls.cert': 'as bus.tls.ca',
  'bus.tls.key': 'as bus.tls.ca',
  'exporters.http.endpoints[].description': 'a word for people; `validate -o json` shows it',
  'npd.compat[]': "libs/config: each file's check has it in its own configuration",
  'settings.updateIntervalMs': "libs/config: it is each check's interval where that names none",
  'settingsInForce.set[].origin.layer': 'said in words by origin.text; `validate -o json` shows it',
}

/** In a process of its own, where nobody counts which lines of the compiler run: it takes twice as long where that is done. */
const PROGRAM = `import { findReaders } from ${JSON.stringify(join(import.meta.dirname, 'testing-readers.ts'))}
const found = findReaders()
const { user, system } = process.cpuUsage()
console.log(JSON.stringify({ ...found, cpuMs: (user + system) / 1000 }))`

describe('the configuration in force', () => {
  it('has no value that nothing reads', { timeout: WALL_MS }, () => {
    const said = execFileSync(process.execPath, ['--input-type=module', '--eval', PROGRAM], { encoding: 'utf8' })
    const { all, unread, cpuMs } = JSON.parse(said) as Readers & { readonly cpuMs: number }
    expect(all).toEqual(
      expect.arrayContaining(['detector.limits.entitiesPerType', 'exporters.http.history.retentionMs']),
    )
    expect(unread.filter((path) => !NOT_BUILT.test(path) && !(path in ELSEWHERE))).toEqual([])
    expect(cpuMs).toBeLessThan(CPU_MS)
  })
})
