import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { handClock, startCheck } from '#monitor-kit/testing'
import { whyNoJournals, writeJournal } from '../../../../../libs/host/logs/journal/testing-journal.ts'
import { tempFolder } from '../../../../../libs/host/testing.ts'
import { logJournal, matchesOf } from './check.ts'
import { schema } from './config.ts'

describe.skipIf(whyNoJournals() !== '')('a real journal', () => {
  test('is looked at of the units and identifiers that are named', async () => {
    await using folder = await tempFolder()
    await mkdir(join(folder.path, 'proc/sys/kernel/random'), { recursive: true })
    await writeFile(join(folder.path, 'proc/sys/kernel/random/boot_id'), '7d1c6b8e-2f4a-4c1d-9e0b-5a6f7c8d9e01\n')
    const now = Date.now() * 1000
    const entries = [
      { _SYSTEMD_UNIT: 'kubelet.service', MESSAGE: 'failed one' },
      { SYSLOG_IDENTIFIER: 'backup', MESSAGE: 'failed two' },
      { _SYSTEMD_UNIT: 'other.service', SYSLOG_IDENTIFIER: 'other', MESSAGE: 'failed three' },
    ]
    const path = join(folder.path, 'var/log/journal/0123456789abcdef0123456789abcdef/system.journal')
    await writeJournal(
      path,
      entries.map((fields, index) => ({ realtimeUs: now - 5e6 + index * 1e6, fields })),
    )
    const rules = [{ match: 'failed (\\w+)', reason: 'JobFailed', message: '$1' }]
    const config = schema.parse({ units: ['kubelet'], identifiers: ['backup'], rules })
    await using following = startCheck(logJournal, { root: folder.path, config, clock: handClock(new Date()) }).follow()
    const { events = [] } = await following.next()
    expect(events.map(({ message }) => message)).toEqual(['one', 'two'])
  })
})

test('a unit without a suffix is a service; who names nothing looks at all', () => {
  expect(matchesOf({ units: ['kubelet', 'var.mount'], identifiers: [] })).toEqual([
    { _SYSTEMD_UNIT: ['kubelet.service', 'var.mount'] },
  ])
  expect(matchesOf({ units: [], identifiers: [] })).toEqual([])
})
