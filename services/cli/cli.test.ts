import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '#clock'
import { type NodeDoctorConfig, parseConfig } from '#config'
import { type DetectorServer, Node } from '#proto/nodedoctor/v1/detector.ts'
import { ConditionStatus, Health, MonitorHealth, ProblemPhase, Severity } from '#proto/nodedoctor/v1/types.ts'
import type { NodeView } from '#view'
import { NEW_EXPORTER, WITH_NEW_EXPORTER } from '../../libs/service-table/testing.ts'
import { configOf } from './settings.ts'
import { runCommand } from './testing.ts'
import { runDirOfTests } from './testing-run-dir.ts'
import { takeUpLock } from './up/lock.ts'
import { planServices } from './up/plan.ts'
import { chooseStore, storeInMemory } from './up/store.ts'
import { supervise } from './up/supervise.ts'

const place = runDirOfTests()

const now = new Date()
function node(more: Partial<Node> = {}): Node {
  return Node.fromPartial({
    name: 'n1',
    time: now,
    detectorStarted: now,
    monitors: [{ name: 'system', health: MonitorHealth.ALIVE, since: now }],
    conditions: [
      {
        type: 'MemoryLow',
        health: Health.HEALTHY,
        status: ConditionStatus.FALSE,
        reason: 'EnoughMemory',
        message: '20 GiB',
        since: now,
        observed: now,
        sources: ['system'],
      },
    ],
    ...more,
  })
}

const PROBLEM = {
  fingerprint: 'system.DiskFull.x',
  generation: 1,
  revision: 1,
  phase: ProblemPhase.OPENED,
  type: 'DiskFull',
  entity: 'disk:/var',
  severity: Severity.CRITICAL,
  worst: Severity.CRITICAL,
  reason: 'AboveCriticalLimit',
  message: '96 % used',
  summary: '/var is 96 % full',
  opened: now,
  changed: now,
  owner: 'system',
}

/** What the detector would answer, over a real socket. */
async function serveNode(
  answer: Node,
  changes: Parameters<DetectorServer['watchNode']>[0] extends { write(response: infer R): unknown } ? R[] : never = [],
): Promise<void> {
  await place.serve({
    getNode: (_call, callback) => callback(null, { node: answer }),
    watchNode: (call) => {
      for (const change of changes) call.write(change)
      call.end()
    },
  })
}

describe('status', () => {
  it('says in the page’s words that all is right, and ends with 0', async () => {
    await serveNode(node())
    const { code, out } = await runCommand('status', '--run-dir', place.dir, '--all')
    expect(code).toBe(0)
    expect(out).toMatch(/^n1\nAll right\. 1 condition/)
    expect(out).toContain('MemoryLow')
  })

  it('names what is wrong, and ends with 1', async () => {
    await serveNode(node({ problems: [PROBLEM] as never }))
    const { code, out } = await runCommand('status', '--run-dir', place.dir)
    expect(code).toBe(1)
    expect(out).toContain('/var is 96 % full')
    const json = JSON.parse((await runCommand('status', '--run-dir', place.dir, '-o', 'json')).out) as NodeView
    expect(json.problems).toMatchObject([{ type: 'DiskFull', level: 'critical' }])
  })

  it('says at the top from when the picture of every other reader is, while changes wait for the bus', async () => {
    const bus = { connected: true, queued: 12, waitingMs: 90_000, refused: 1 } as never
    await serveNode(node({ bus }))
    const from = `${new Date(now.getTime() - 90_000).toISOString().slice(11, 19)} UTC`
    const { code, out } = await runCommand('status', '--run-dir', place.dir)
    expect(code).toBe(3)
    expect(out).toMatch(
      new RegExp(
        `^n1\\nReaders show Unknown \\(DetectorUnreachable\\): since (?:\\d+ \\w+ )?${from} the agent’s changes do not get through\\. Readers show 1 value as it was: the bus refuses what is new of it\\. All right\\.`,
      ),
    )
    const json = JSON.parse((await runCommand('status', '--run-dir', place.dir, '-o', 'json')).out) as NodeView
    expect(json.detector).toMatchObject({
      readersSince: new Date(now.getTime() - 90_000).toISOString(),
      readersRefused: 1,
    })
  })

  it('ends with 3 where nothing is known or nobody answers', async () => {
    expect(await runCommand('status', '--run-dir', place.dir)).toMatchObject({
      code: 3,
      err: expect.stringContaining('make run'),
    })
    await serveNode(node({ conditions: [], monitors: [] }))
    expect((await runCommand('status', '--run-dir', place.dir)).code).toBe(3)
  })
})

describe('watch', () => {
  const changes = [
    { change: { $case: 'node', value: node() } },
    { change: { $case: 'condition', value: { ...node().conditions[0], reason: 'EnoughAgain' } } },
    { change: { $case: 'conditionRemoved', value: { type: 'DiskFull', entity: 'disk:/x' } } },
    {
      change: {
        $case: 'problem',
        value: node({
          problems: [{ ...PROBLEM, phase: ProblemPhase.RESOLVED, proofText: '2 checks', openMs: 240_000 }] as never,
        }).problems[0],
      },
    },
    {
      change: {
        $case: 'monitor',
        value: node({ monitors: [{ name: 'gpu', health: MonitorHealth.UNREACHABLE, lastError: 'refused' }] as never })
          .monitors[0],
      },
    },
    {
      change: {
        $case: 'event',
        value: {
          id: 'e',
          monitor: 'm',
          check: '',
          entity: '',
          severity: Severity.WARNING,
          reason: 'Xid',
          message: 'bad',
          firstSeen: now,
          lastSeen: now,
          count: 3,
        },
      },
    },
    { change: undefined },
  ] as never

  it('prints each change as a line', async () => {
    await serveNode(node(), changes)
    const { code, out } = await runCommand('watch', '--wait', '0s', '--run-dir', place.dir)
    expect(code).toBe(3)
    for (const text of [
      'All right',
      'healthy  MemoryLow: 20 GiB',
      'gone',
      'resolved over after 4 min: /var is 96 % full (2 checks)',
      'gpu is unreachable: refused',
      'Xid: bad (3 times)',
    ])
      expect(out).toContain(text)
  })

  it('prints no line where only figures move, and all of it as JSON', async () => {
    const [first] = node().conditions
    const moved = ['19 GiB', '18.5 GiB', 'no longer 18.5 GiB'].map((message) => ({
      change: { $case: 'condition', value: { ...first, message } },
    }))
    await serveNode(node(), [changes[0], ...moved] as never)
    const { out } = await runCommand('watch', '--wait', '0s', '--run-dir', place.dir)
    expect(out.split('\n').filter((line) => line.includes('MemoryLow'))).toEqual([
      expect.stringContaining('healthy  MemoryLow: no longer 18.5 GiB'),
    ])
    const json = await runCommand('watch', '--wait', '0s', '--run-dir', place.dir, '-o', 'json')
    expect(json.out.split('\n').filter((line) => line.includes('"kind":"condition"'))).toHaveLength(3)
  })

  it('prints each change as JSON', async () => {
    await serveNode(node(), changes)
    const { out } = await runCommand('watch', '--wait', '0s', '--run-dir', place.dir, '-o', 'json')
    const kinds = out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { kind?: string }).kind)
    expect(kinds).toEqual([
      'node',
      'condition',
      'condition-removed',
      'problem',
      'monitor',
      'event',
      'detector',
      undefined,
    ])
  })

  it('ends with 3 where nobody answers', async () => {
    expect(await runCommand('watch', '--wait', '0s', '--run-dir', place.dir)).toEqual({
      code: 3,
      out: '',
      err: `Not known: there is no detector on ${place.dir}/detector/detector.sock.\nIs it running? Start it with: make run. If it runs with another folder, name that: --run-dir DIR.\n`,
    })
  })
})

describe('what was well and is over a limit for too short a time to say', () => {
  const watched = node({
    conditions: [
      {
        type: 'LoadHigh',
        health: Health.HEALTHY,
        held: 'pending',
        status: ConditionStatus.FALSE,
        reason: 'NotSustainedYet',
        message: 'load is 40 (seen in 1 of 3 checks in a row)',
        since: now,
        observed: now,
        sources: ['system'],
      },
    ] as never,
  })

  it('is being watched, in every line about it', async () => {
    await serveNode(watched, [{ change: { $case: 'condition', value: watched.conditions[0] } }] as never)
    expect((await runCommand('watch', '--wait', '0s', '--run-dir', place.dir)).out).toMatch(
      / {2}healthy, being watched LoadHigh: load is 40 \(seen in 1 of 3 checks in a row\)$/m,
    )
    expect((await runCommand('status', '--all', '--run-dir', place.dir)).out).toMatch(
      /^healthy, being watched +LoadHigh +node /m,
    )
  })

  it('and is unknown is unknown', async () => {
    const [first] = watched.conditions
    await serveNode(node({ conditions: [{ ...first, health: Health.UNKNOWN }] as never }))
    expect((await runCommand('status', '--all', '--run-dir', place.dir)).out).toMatch(/^unknown +LoadHigh +node /m)
  })
})

describe('the other commands', () => {
  it('validate, say what is missing, and list every fault', async () => {
    const file = join(place.dir, 'c.yaml')
    await writeFile(
      file,
      'apiVersion: node-doctor.io/v1alpha1\nkind: NodeDoctorConfig\nmetadata: { name: x }\nmonitors:\n  - { name: pods, type: acme-health-check }\n',
    )
    expect(await runCommand('validate', file)).toMatchObject({ code: 0, out: expect.stringContaining('missing:') })
    expect(JSON.parse((await runCommand('validate', file, '-o', 'json')).out)).toMatchObject({ valid: true })
    await writeFile(file, 'kind: Nope\n')
    expect((await runCommand('validate', file)).code).toBe(2)
    expect((await runCommand('validate')).out).toContain('The embedded default is valid')
    expect((await runCommand('validate', '--config', file)).code).toBe(2)
    expect(await runCommand('validate', '--set', 'exporters.http.hostPort=none')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--set exporters.http.hostPort=none'),
    })
    expect(await runCommand('validate', file, '--config', `${file}2`)).toMatchObject({
      code: 2,
      err: expect.stringContaining('expected one file'),
    })
  })

  it('validate, list what is wrong with files of node-problem-detector, and what works otherwise than it reads', async () => {
    const [file, good, bad] = ['c.yaml', 'good.json', 'bad.json'].map((name) => join(place.dir, name)) as [
      string,
      string,
      string,
    ]
    const npd = { systemLogMonitors: [good], customPluginMonitors: [bad] }
    await writeFile(
      file,
      `apiVersion: node-doctor.io/v1alpha1\nkind: NodeDoctorConfig\nmetadata: { name: x }\nmonitors: []\nnpd: ${JSON.stringify(npd)}\n`,
    )
    await writeFile(good, '{"plugin":"kmsg","rules":[{"type":"temporary","reason":"R","pattern":"a|b"}]}')
    await writeFile(bad, '{"plugin":"custom","rules":[{"type":"temporary","reason":"R","path":"/no/such.sh"}]}')
    const { code, out } = await runCommand('validate', file)
    expect(code).toBe(2)
    expect(out.split('\n').slice(0, 1)).toEqual([
      `${file} is valid, but of 2 files of node-problem-detector 1 cannot be used.`,
    ])
    expect(out).toContain(
      `  log file: ${good} (c.yaml, line 5) is check "good"\n    warning: ${good}:1:70: rules[0].pattern: "a" stands`,
    )
    expect(out).toContain(
      `  cannot be used: ${bad} (c.yaml, line 5)\n    fault: ${bad}:1:69: rules[0].path: "/no/such.sh" does not exist; expected the path of a program\n`,
    )
    const json: unknown = JSON.parse((await runCommand('validate', file, '-o', 'json')).out)
    expect(json).toMatchObject({
      valid: false,
      error: { code: 'CONFIG_INVALID', problems: [{ where: `${bad}:1:69`, path: 'rules[0].path' }] },
      npd: { files: [{ entry: 'good' }, { entry: '', faults: [{ path: 'rules[0].path' }] }] },
    })
    for (const fault of ['bus.port=none', 'npd.compat=["B99"]', 'npd.systemLogMonitors=[""]']) {
      const both = await runCommand('validate', file, '--set', fault)
      expect(both).toMatchObject({ code: 2, out: '' })
      expect(both.err).toContain('cannot use the configuration (')
      expect(both.err).toContain(`--set ${fault.split('=')[0]}=`)
      expect(both.err).toContain(
        `\nand of the files of node-problem-detector, 1 error:\n  ${bad}:1:69: rules[0].path: "/no/such.sh" does not exist`,
      )
    }
    const whole: unknown = JSON.parse((await runCommand('validate', file, '--set', 'bus.port=none', '-o', 'json')).out)
    expect(whole).toMatchObject({ error: { problems: [{ path: 'bus.port' }, { where: `${bad}:1:69` }] } })
    await writeFile(bad, '{"plugin":"custom"}')
    expect(await runCommand('validate', file)).toMatchObject({ code: 0, out: expect.stringContaining('is valid.\n') })
  })

  it('help, version, and faults of the command line', async () => {
    expect((await runCommand()).out).toContain('Commands:')
    expect((await runCommand('up', '--help')).out).toContain('Usage: node-doctor up')
    expect((await runCommand('help', 'up')).out).toContain('Usage: node-doctor up')
    expect(await runCommand('help', 'upp')).toMatchObject({ code: 2, err: expect.stringContaining('did you mean up?') })
    expect((await runCommand('--version')).out).toMatch(/^node-doctor \d/)
    expect(await runCommand('upp')).toMatchObject({ code: 2, err: expect.stringContaining('did you mean up?') })
    expect(await runCommand('zzzzzzz')).toMatchObject({ code: 2 })
    expect(await runCommand('up', '--run-dir', place.dir, '--services', 'nobody')).toMatchObject({
      code: 2,
      err: expect.stringContaining('there is no such service'),
    })
    expect(await runCommand('up', '--run-dir', place.dir)).toMatchObject({
      code: 2,
      err: expect.stringContaining('it is not built'),
    })
  })
})

describe('up', () => {
  it('plans the services of the configuration, the detector stopped last', async () => {
    const config = await configOf({ 'run-dir': place.dir })
    const planned = planServices(config, undefined)
    expect(planned.map(({ name }) => name)).toEqual(['detector', 'gpu', 'log', 'network', 'system', 'http-exporter'])
    expect(planned.find(({ name }) => name === 'detector')?.stopOrder).toBe(2)
    expect(planServices(config, ['system']).map(({ name }) => name)).toEqual(['system'])
  })

  it('plans what tells exporters of others where somebody names one', async () => {
    const config = await configOf({ 'run-dir': place.dir })
    const tickets = parseConfig(
      'apiVersion: node-doctor.io/v1alpha1\nkind: NodeDoctorConfig\nmetadata: { name: a }\nexporters: { external: [{ name: tickets, socketAddress: /run/t.sock }] }\n',
      'config.yaml',
      { env: {}, flags: [] },
    )
    const names = (all: NodeDoctorConfig) => planServices(all).map(({ name }) => name)
    expect(names(config)).not.toContain('external-exporter')
    expect(names({ ...config, exporters: { ...config.exporters, external: tickets.exporters.external } })).toContain(
      'external-exporter',
    )
  })

  it('plans a service that the table has more, where its switch is on', async () => {
    const config = await configOf({ 'run-dir': place.dir })
    const exporters = { ...config.exporters, letter: { enabled: true } }
    const planned = planServices({ ...config, exporters }, undefined, WITH_NEW_EXPORTER)
    expect(planned.at(-1)).toEqual({
      name: NEW_EXPORTER,
      socket: `${place.dir}/${NEW_EXPORTER}/${NEW_EXPORTER}.sock`,
      stopOrder: 1,
    })
    expect(planServices(config, undefined, WITH_NEW_EXPORTER).map(({ name }) => name)).not.toContain(NEW_EXPORTER)
  })

  it('keeps the bus’s store in memory', async () => {
    onTestFinished(() => rm(storeInMemory(place.dir), { recursive: true, force: true }))
    const store = await chooseStore(await configOf({ 'run-dir': place.dir }))
    expect(store.dir).toMatch(/^(\/dev\/shm\/node-doctor-|\/)/)
    expect((await chooseStore(await configOf({ 'run-dir': place.dir, set: ['bus.storeDir=/x'] }))).dir).toBe('/x')
  })

  it('is alone on its run directory', async () => {
    const lock = await takeUpLock(place.dir)
    await expect(takeUpLock(place.dir)).rejects.toThrow(
      `Node Doctor already runs on ${place.dir}; stop it first, or choose another folder with --run-dir`,
    )
    await lock.release()
    await (await takeUpLock(place.dir)).release()
  })

  async function watchProcess(code: string) {
    const bundle = join(place.dir, 'service.mjs')
    await writeFile(bundle, code)
    const states: string[] = []
    const lines: string[] = []
    const running = supervise({
      service: { name: 'x', socket: join(place.dir, 'x.sock'), stopOrder: 1 },
      bundle,
      args: [],
      clock: systemClock(),
      onState: (_name, state, detail) => states.push(`${state} ${detail}`.trim()),
      onLine: (_name, line) => lines.push(line),
    })
    return { running, states, lines }
  }

  it('starts again what dies, and says why and when', async () => {
    const { running, states, lines } = await watchProcess("process.stdout.write('hello\\n', () => process.exit(7))")
    await expect.poll(() => running.restarts, { timeout: 10_000 }).toBeGreaterThanOrEqual(2)
    expect(states[0]).toMatch(/^ended exit code 7; starts again in \d/)
    expect(lines).toContain('hello')
    await running.stop(1000)
    expect(running.state).toBe('stopped')
  }, 30_000)

  it('does not start again what is wrong in its configuration', async () => {
    const { running, states } = await watchProcess('process.exit(2)')
    await running.firstReady
    expect(running.state).toBe('stopped')
    expect(states.at(-1)).toContain('it would end the same way again')
    await running.stop(100)
  })

  it('ends what does not end by itself', async () => {
    const { running } = await watchProcess(
      "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')",
    )
    await expect.poll(() => running.pid).toBeDefined()
    running.signal('SIGUSR1')
    await running.stop(300)
    expect(running.pid).toBeUndefined()
  }, 20_000)
})
