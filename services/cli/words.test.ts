import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DetectorClearRequest, WatchNodeResponse } from '#proto/nodedoctor/v1/detector.ts'
import { Node } from '#proto/nodedoctor/v1/detector.ts'
import {
  ConditionStatus,
  ConnectionState,
  Event,
  Health,
  MonitorHealth,
  Problem,
  ProblemPhase,
  Severity,
} from '#proto/nodedoctor/v1/types.ts'
import { runCommand } from './testing.ts'
import { runDirOfTests } from './testing-run-dir.ts'
import { stateNote, takeOwnFolder, unusableRunDir } from './up/folder.ts'

const place = runDirOfTests()

const now = new Date()
const PROBLEM = {
  fingerprint: 'f',
  generation: 1,
  phase: ProblemPhase.OPENED,
  type: 'GpuLost',
  entity: 'gpu:0',
  severity: Severity.CRITICAL,
  worst: Severity.CRITICAL,
  reason: 'Xid79',
  message: 'fell off the bus',
  summary: 'GPU 0 is lost',
  proofText: 'proof',
  opened: now,
  changed: now,
  owner: 'gpu',
}

/** A node with something in every text that people are shown. */
function node(): Node {
  return Node.fromPartial({
    name: 'n1',
    bootId: 'boot',
    version: '1',
    time: now,
    detectorStarted: now,
    verdict: 'verdict',
    conditions: [
      {
        type: 'GpuLost',
        entity: 'gpu:0',
        health: Health.PROBLEM,
        status: ConditionStatus.TRUE,
        reason: 'Xid79',
        message: 'fell off',
        severity: Severity.CRITICAL,
        since: now,
        observed: now,
        sources: ['gpu'],
      },
    ],
    problems: [PROBLEM],
    resolved: [{ ...PROBLEM, fingerprint: 'g', phase: ProblemPhase.RESOLVED, resolved: now }],
    monitors: [
      {
        name: 'gpu',
        health: MonitorHealth.UNREACHABLE,
        since: now,
        version: 'v',
        description: 'd',
        protocol: 'nodedoctor.v1',
        origin: 'discovered',
        socket: '/run/gpu.sock',
        lastError: 'nobody listens',
        lastErrorAt: now,
        runs: [{ check: 'c', checkType: 't', started: now, error: 'e' }],
        conditionTypes: ['GpuLost'],
        violations: 4,
        lastViolations: [{ text: 'condition type "Has Space" is not a name', count: 4, lastSeen: now }],
        connection: {
          state: ConnectionState.PAUSED,
          since: now,
          why: 'nobody listens',
          failures: 4,
          nextTry: new Date(now.getTime() + 300_000),
        },
      },
    ],
  } as never)
}

const EVENT = Event.fromPartial({
  id: 'e',
  monitor: 'gpu',
  check: 'c',
  entity: 'gpu:0',
  severity: Severity.WARNING,
  reason: 'Xid',
  message: 'bad',
  firstSeen: now,
  lastSeen: now,
  count: 3,
})

function changes(of: Node): WatchNodeResponse[] {
  return [
    { change: { $case: 'node', value: of } },
    { change: { $case: 'condition', value: of.conditions[0] } },
    {
      change: { $case: 'conditionRemoved', value: { type: of.conditions[0]?.type, entity: of.conditions[0]?.entity } },
    },
    { change: { $case: 'problem', value: of.problems[0] } },
    { change: { $case: 'problem', value: of.resolved[0] } },
    { change: { $case: 'monitor', value: of.monitors[0] } },
  ] as WatchNodeResponse[]
}

/** Every text of a message, one after the other, by another; what `only` counts alone where it is given. */
function withTexts<T>(message: T, text: string): T {
  const each = (value: unknown): unknown => {
    if (typeof value === 'string') return text
    if (Array.isArray(value)) return value.map(each)
    if (typeof value !== 'object' || value === null || value instanceof Date) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, key === '$case' ? item : each(item)]))
  }
  return each(message) as T
}

describe('what others wrote', () => {
  const hostile = fc.oneof(
    fc.constantFrom(
      '\u001b[2J\u001b]0;x\u0007',
      'a\nn1\nAll right.',
      '\r\u202eabc\u2066',
      '\u009b31m\u0085x',
      '\ud800',
      'x'.repeat(65_536),
    ),
    fc.string({ unit: 'binary', maxLength: 300 }),
  )

  it('reaches terminals as one clean, short text in every field of every message', async () => {
    let answer = node()
    await place.serve({
      getNode: (_call, callback) => callback(null, { node: answer }),
      watchNode: (call) => {
        for (const change of [...changes(answer), { change: { $case: 'event', value: withTexts(EVENT, answer.name) } }])
          call.write(change as WatchNodeResponse)
        call.end()
      },
      clear: (_call, callback) => callback(null, { cleared: answer.problems }),
      forget: (_call, callback) => callback({ code: 5, details: answer.name }),
    })
    const commands = [
      ['monitors'],
      ['monitors', '-o', 'json'],
      ['status', '--all'],
      ['status', '-o', 'json', '--all'],
      ['watch', '--wait', '0s'],
      ['watch', '--wait', '0s', '-o', 'json'],
      ['clear', 'T', '--why', 'w'],
      ['forget', 'm'],
    ]
    const linesOf = async (argv: string[]) => {
      const { out, err } = await runCommand(...argv, '--run-dir', place.dir)
      return `${out}${err}`.split('\n')
    }
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        answer = withTexts(node(), `t${text}\nFORGED\rFORGED`)
        for (const argv of commands) {
          const lines = await linesOf(argv)
          for (const line of lines) {
            expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/)
            expect(line).not.toMatch(/^FORGED/)
            // A document is as long as its texts are many; each of them has its limit.
            const texts = argv.includes('json') ? line.split('"') : [line]
            expect(Math.max(...texts.map(({ length }) => length))).toBeLessThan(argv.includes('json') ? 40_000 : 6000)
          }
        }
      }),
      { numRuns: 25 },
    )
  }, 60_000)
})

describe('status --all', () => {
  it('lists every monitor, why it does not answer, and each thing that it may not send, in words', async () => {
    await place.serve({ getNode: (_call, callback) => callback(null, { node: node() }) })
    const { out } = await runCommand('status', '--all', '--run-dir', place.dir)
    expect(out).toMatch(
      /^unreachable +gpu +discovered +paused for \d+ s, 4 failures in a row, next try in \d+ (?:s|min) +never +0 +4 +nobody listens$/m,
    )
    expect(out).toMatch(/^What monitors sent that they may not:$/m)
    expect(out).toMatch(/^ {2}gpu: condition type "Has Space" is not a name \(4 times\), \d+ s ago$/m)
    const json = JSON.parse((await runCommand('status', '--all', '-o', 'json', '--run-dir', place.dir)).out) as unknown
    expect(json).toMatchObject({ monitors: [{ lastViolations: [{ count: 4 }] }] })
  })
})

describe('monitors', () => {
  it('lists them as status does, and as JSON with how each connection stands', async () => {
    await place.serve({ listMonitors: (_call, callback) => callback(null, { monitors: node().monitors }) })
    const { code, out } = await runCommand('monitors', '--run-dir', place.dir)
    expect(code).toBe(1)
    expect(out).toMatch(/^STATE +MONITOR +ORIGIN +CONNECTION +LAST REPORT +RESTARTS +VIOLATIONS +REASON$/m)
    expect(out).toMatch(/^unreachable +gpu +discovered +paused for /m)
    const json = JSON.parse((await runCommand('monitors', '-o', 'json', '--run-dir', place.dir)).out) as unknown
    expect(json).toMatchObject({
      monitors: [{ name: 'gpu', connection: { state: 'paused', failures: 4, why: 'nobody listens' } }],
    })
  })

  it('of a detector that does not answer are not known', async () => {
    expect(await runCommand('monitors', '--run-dir', '/nonexistent')).toMatchObject({ code: 3, out: '' })
  })
})

describe('clear', () => {
  it('gives the detector the type, the entity, who says it and why', async () => {
    const requests: DetectorClearRequest[] = []
    await place.serve({
      clear: ({ request }, callback) => {
        requests.push(request)
        callback(null, { cleared: [Problem.fromPartial(PROBLEM)] })
      },
    })
    const argv = ['clear', 'GpuLost', '--entity', 'gpu:0', '--why', 'card was changed', '--run-dir', place.dir]
    expect(await runCommand(...argv)).toEqual({ code: 0, out: 'cleared: GPU 0 is lost\n', err: '' })
    expect(JSON.parse((await runCommand(...argv, '-o', 'json')).out)).toMatchObject({ cleared: [{ type: 'GpuLost' }] })
    await runCommand('clear', 'GpuLost', '--why', 'all of them', '--run-dir', place.dir)
    await runCommand('clear', 'GpuLost', '--entity', '', '--why', 'the node', '--run-dir', place.dir)
    const by = `${userInfo().username}@${hostname()}`
    expect(requests[0]).toMatchObject({ type: 'GpuLost', entity: 'gpu:0', by, why: 'card was changed' })
    expect(requests.map(({ entity }) => entity)).toEqual(['gpu:0', 'gpu:0', undefined, ''])
  })

  it('says what is missing, and what the detector does not know', async () => {
    expect(await runCommand('clear', '--why', 'x')).toMatchObject({
      code: 2,
      err: 'node-doctor: clear: expected the type of a problem, such as DiskFull\nnode-doctor --help lists what there is.\n',
    })
    expect(await runCommand('clear', 'DiskFull', '--why', ' ')).toMatchObject({
      code: 2,
      err: expect.stringContaining('clear: expected --why TEXT: why the problem is over, for whoever looks later'),
    })
    await place.serve({
      clear: (_call, callback) => callback({ code: 5, details: 'no problem DiskFul is open; open are: DiskFull' }),
    })
    expect(await runCommand('clear', 'DiskFul', '--why', 'x', '--run-dir', place.dir)).toEqual({
      code: 1,
      out: '',
      err: 'no problem DiskFul is open; open are: DiskFull\n',
    })
  })
})

describe('forget', () => {
  it('ends what is known of a monitor, and says what', async () => {
    await place.serve({
      forget: ({ request }, callback) =>
        request.monitor === 'gpu'
          ? callback(null, { ended: [Problem.fromPartial(PROBLEM)] })
          : callback({ code: 9, details: `${request.monitor} still answers` }),
    })
    expect(await runCommand('forget', 'gpu', '--run-dir', place.dir)).toEqual({
      code: 0,
      out: 'forgotten: gpu\nended: GPU 0 is lost\n',
      err: '',
    })
    expect(await runCommand('forget', 'net', '--run-dir', place.dir)).toEqual({
      code: 1,
      out: '',
      err: 'net still answers\n',
    })
    const { code, out } = await runCommand('forget', 'net', '--run-dir', place.dir, '-o', 'json')
    expect([code, JSON.parse(out)]).toMatchObject([1, { error: { code: 'REFUSED', message: 'net still answers' } }])
    expect(await runCommand('forget')).toMatchObject({
      code: 2,
      err: expect.stringContaining('forget: expected the name'),
    })
  })
})

describe('the command line', () => {
  it('takes -v for the version, and says where an option belongs', async () => {
    expect((await runCommand('-v')).out).toMatch(/^node-doctor \d/)
    expect(await runCommand('-x')).toMatchObject({
      code: 2,
      err: 'node-doctor: unknown option -x: a command comes first, its options after it\nnode-doctor --help lists what there is.\n',
    })
  })

  it('of up refuses no services, and a format of logs that there is none of', async () => {
    expect(await runCommand('up', '--services', '', '--run-dir', place.dir)).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        '--services names none; expected some of detector, log, network, system, http-exporter',
      ),
    })
    expect(await runCommand('up', '--log-format', 'xml', '--run-dir', place.dir)).toMatchObject({
      code: 2,
      err: expect.stringContaining('--log-format xml: expected pretty or json'),
    })
  })

  it('tells a section that is none with its place', async () => {
    const file = join(place.dir, 'c.yaml')
    await writeFile(
      file,
      'apiVersion: node-doctor.io/v1alpha1\nkind: NodeDoctorConfig\nmetadata: { name: x }\nexporters: 5\n',
    )
    const { code, err } = await runCommand('validate', file)
    expect([code, err]).toEqual([2, expect.stringContaining(`${file}:4:1: exporters: 5 is not a map`)])
  })
})

describe('-o json with a configuration that cannot be used', () => {
  it('is an error with every fault, of validate and of every other command', async () => {
    const file = join(place.dir, 'c.yaml')
    await writeFile(
      file,
      'apiVersion: node-doctor.io/v1alpha1\nkind: NodeDoctorConfig\nmetadata: { name: x }\nexporters: 5\nmonitor: []\n',
    )
    const error = {
      code: 'CONFIG_INVALID',
      message: `cannot use the configuration (${file}), 2 errors`,
      advice: 'Mend every fault that is listed; "node-doctor validate FILE" looks again.',
      problems: [
        { where: `${file}:4:1`, path: 'exporters', text: expect.stringContaining('5 is not a map') },
        { where: `${file}:5:1`, path: 'monitor', text: expect.stringContaining('did you mean "monitors"?') },
      ],
    }
    const bad = await runCommand('validate', file, '-o', 'json')
    expect([bad.code, bad.err, JSON.parse(bad.out)]).toEqual([2, '', { valid: false, error }])
    const other = await runCommand('status', '-o', 'json', '--config', file)
    expect([other.code, other.err, JSON.parse(other.out)]).toEqual([2, '', { error }])
    const missing = await runCommand('validate', join(place.dir, 'none.yaml'), '-o', 'json')
    expect([missing.code, JSON.parse(missing.out)]).toMatchObject([
      2,
      { valid: false, error: { code: 'CONFIG_INVALID' } },
    ])
  })
})

describe('folders of up', () => {
  it.each([
    ['EACCES', 'this user may not write there'],
    ['EROFS', 'the file system is read-only'],
    ['ENOSPC', 'the file system is full'],
  ])('that cannot be used (%s) are told with an advice', (code, why) => {
    expect(unusableRunDir('/r', Object.assign(new Error('x'), { code })).message).toBe(
      `cannot use /r for sockets: ${why} (${code}); name another folder with --run-dir DIR, or start Node Doctor as a user that may write there`,
    )
  })

  it('for what survives a reboot are made, or told of, and nothing fails', async () => {
    expect(await stateNote(join(place.dir, 'a/b'))).toBe('')
    await writeFile(join(place.dir, 'file'), '')
    expect(await stateNote('/proc/nowhere/state')).toBe(
      '/proc/nowhere/state: no folder can be made there (ENOENT); open problems and the history are forgotten at a reboot; --state-dir DIR names another',
    )
    expect(await stateNote(join(place.dir, 'file'))).toBe(
      `${place.dir}/file: something that is no folder is there (EEXIST); open problems and the history are forgotten at a reboot; --state-dir DIR names another`,
    )
  })

  it('in memory are taken when they are new or ours, and refused when they are not', async () => {
    const uid = process.getuid?.() ?? 0
    const own = join(place.dir, 'own')
    await takeOwnFolder(own, uid)
    await takeOwnFolder(own, uid)
    await expect(takeOwnFolder(own, uid + 1)).rejects.toThrow(
      `the bus's store is not put into ${own}: it belongs to another user (uid ${uid}); take it away, or name another folder with --set bus.storeDir=DIR`,
    )
    await symlink(own, join(place.dir, 'link'))
    await expect(takeOwnFolder(join(place.dir, 'link'), uid)).rejects.toThrow('it is a symbolic link')
    await writeFile(join(place.dir, 'file'), '')
    await expect(takeOwnFolder(join(place.dir, 'file'), uid)).rejects.toThrow('it is no folder')
    await mkdir(join(place.dir, 'open'), { mode: 0o777 })
    await chmod(join(place.dir, 'open'), 0o777)
    await expect(takeOwnFolder(join(place.dir, 'open'), uid)).rejects.toThrow('others may write in it')
  })
})
