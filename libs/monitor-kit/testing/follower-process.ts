/**
 * A monitor that follows a file, as a process of its own that a test kills: each line of it is an event and raises the
 * condition that the line begins with, of those that its configuration names.
 *
 * `node follower-process.ts FOLDER`: `FOLDER/lines` is followed; run and state folders are made in FOLDER.
 */
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { argv } from 'node:process'
import { createHost } from '#host'
import { closedDoor, createHostedService, systemClock } from '#service'
import { keepLog } from '../../service/testing.ts'
import { defineCheck, defineMonitor } from '../define.ts'
import { createMonitorService } from '../service.ts'
import type { CheckResult } from '../types.ts'
import { FOLLOWER_TYPES, followerConfig } from './follower.ts'
import { specOf } from './scripted-monitor.ts'

const [, , folder = ''] = argv

/** How often the file is looked at. */
const LOOK_MS = 5

function saidOf(line: string, offset: number): CheckResult {
  const [type = '', ...rest] = line.split(' ')
  return {
    findings: [{ type, health: 'problem', severity: 'warning', reason: 'LineSeen', message: rest.join(' ') }],
    events: [{ reason: 'LineSeen', severity: 'warning', message: line, key: `line ${offset}` }],
  }
}

const lines = defineCheck<{ types: readonly string[] }>({
  type: 'lines-check',
  description: 'follows a file',
  intervalMs: 30_000,
  timeoutMs: 10_000,
  conditions: [],
  events: [{ reason: 'LineSeen', severity: 'warning', description: 'a line' }],
  typesFrom: ['types[]'],
  declare: ({ types }) => ({ conditions: types.map(specOf) }),
  async follow({ cursor, clock }, tell, signal) {
    await using file = await open(join(folder, 'lines'))
    let offset = typeof cursor === 'number' ? cursor : 0
    while (!signal.aborted) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(65_536), 0, 65_536, offset)
      const text = buffer.toString('utf8', 0, bytesRead)
      for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split(/(?<=\n)/)) {
        if (line === '') continue
        const from = offset
        offset += Buffer.byteLength(line)
        await tell(saidOf(line.trimEnd(), from), { cursor: offset })
      }
      await clock.sleep(LOOK_MS, signal).catch(() => undefined)
    }
  },
})

const follower = defineMonitor({ name: 'follower', description: 'follows a file', checks: [lines] })

await createHostedService(createMonitorService(follower), {
  version: '1.0.0',
  config: followerConfig(folder, FOLLOWER_TYPES),
  host: createHost({ root: '' }),
  clock: systemClock(),
  log: keepLog('follower').log,
  alone: true,
  bus: closedDoor,
}).run(new AbortController().signal)
