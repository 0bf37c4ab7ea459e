import { existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readNpdFile } from './read.ts'
import { linesOf, NOTHING } from './testing-npd.ts'

// `go mod download k8s.io/node-problem-detector@v1.36.0` puts them there.
const CACHE = process.env['GOMODCACHE'] ?? join(process.env['GOPATH'] ?? join(homedir(), 'go'), 'pkg/mod')
const FOLDER = join(CACHE, 'k8s.io/node-problem-detector@v1.36.0/config')
const WHY = `the files that NPD v1.36.0 ships, which are not in ${CACHE}`

/** What is said of each, where it is not taken as it stands. */
const SAID: Readonly<Record<string, readonly string[]>> = {
  // NPD does not take it either: `invalid character ']' looking for beginning of value`.
  'disk-log-message-filelog.json': [
    '18:4: not valid JSON: a comma before "]"; expected none, JSON has no comma behind the last',
  ],
  'iptables-mode-monitor.json': [
    '16:15: rules[0].path: "./config/plugin/iptables_mode.sh" as NPD ships it prints what it found and ends with 0 all the same: it never tells anything',
  ],
}

describe.skipIf(!existsSync(FOLDER))(`each of ${WHY}`, () => {
  const names = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith('.json')) : []

  it.each(names)('%s is read', async (name) => {
    const path = join(FOLDER, name)
    const file = await readNpdFile({ path, kind: undefined, named: 'npd.dir' }, NOTHING, { lookForPrograms: false })
    const said = linesOf([...file.faults, ...file.warnings]).map((line) => line.replace(`${path}:`, ''))
    expect(said).toEqual(SAID[name] ?? [])
    expect(file.config === undefined).toBe(name.startsWith('disk-log'))
  })
})
