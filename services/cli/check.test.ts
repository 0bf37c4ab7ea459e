import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { DetectorCheckRequest, DetectorServer } from '#proto/nodedoctor/v1/detector.ts'
import { Health, MonitorHealth, MonitorState, Report } from '#proto/nodedoctor/v1/types.ts'
import { GRPC_STATUS } from '#rpc'
import { runCommand, serveDetector } from './testing.ts'
import { runDirOfTests } from './testing-run-dir.ts'

const place = runDirOfTests()
const now = new Date()

const monitors = [
  MonitorState.fromPartial({
    name: 'network',
    health: MonitorHealth.ALIVE,
    runs: [{ check: 'names', checkType: 'network-dns-check', started: now }],
  }),
  MonitorState.fromPartial({
    name: 'system',
    health: MonitorHealth.ALIVE,
    runs: [{ check: 'disk', checkType: 'disk-health-check', started: now }],
  }),
]

function reportOf(health: Health, error = ''): Report {
  return Report.fromPartial({
    time: now,
    observations: [
      { type: 'NodeDNSDown', health, reason: 'NoAnswer', message: '10.0.0.53 refuses TCP', check: 'names' },
    ],
    metrics: [
      { name: 'dns_latency_seconds', labels: { server: '10.0.0.53' }, value: 0.012 },
      { name: 'process_cpu_seconds_total', labels: {}, value: 1 },
    ],
    runs: [
      {
        check: 'names',
        checkType: 'network-dns-check',
        started: now,
        durationUs: 312_000,
        costUs: 1400,
        lateUs: 0,
        error,
      },
    ],
  })
}

async function withAnswer(report: Report | undefined): Promise<DetectorCheckRequest[]> {
  const asked: DetectorCheckRequest[] = []
  const answers: Partial<DetectorServer> = {
    listMonitors: (_call, callback) => callback(null, { monitors }),
    check: ({ request }, callback) => {
      asked.push(request)
      callback(null, { report })
    },
  }
  const server = await serveDetector(place.dir, answers)
  onTestFinished(() => server.close(0))
  return asked
}

it.each(['names', 'network-dns-check', 'dns'])(
  'runs the check that is called %s, and says what it took',
  async (name) => {
    const asked = await withAnswer(reportOf(Health.HEALTHY))
    const { code, out } = await runCommand('check', name, '--run-dir', place.dir, '--set', 'defaultMonitors=[]')
    expect(asked).toMatchObject([{ monitor: 'network', check: 'names' }])
    expect(out).toContain(
      'names (network-dns-check) of the monitor network took 312 ms, 1.4 ms of processor time, late by 0 ms',
    )
    expect(out).toMatch(/healthy\s+NodeDNSDown\s+node\s+NoAnswer\s+10\.0\.0\.53 refuses TCP/)
    expect(out).toMatch(/dns_latency_seconds\s+server=10\.0\.0\.53\s+0\.012/)
    expect(out).not.toContain('process_cpu')
    expect(code).toBe(0)
  },
)

it.each([
  ['a problem', reportOf(Health.PROBLEM), 1],
  ['what it could not see', reportOf(Health.UNKNOWN), 3],
  ['a look that failed', reportOf(Health.HEALTHY, 'cannot read /etc/resolv.conf: EIO'), 3],
])('ends with its own code for %s', async (_what, report, expected) => {
  await withAnswer(report)
  const { code, out } = await runCommand('check', 'names', '--run-dir', place.dir, '-o', 'json')
  expect(code).toBe(expected)
  expect(JSON.parse(out)).toMatchObject({ checks: [{ monitor: 'network', check: 'names', report: { runs: [{}] } }] })
})

it.each([
  ['there is no monitor of it', undefined],
  ['its monitor has nothing to say', Report.fromPartial({ time: now })],
])('says of GPUs on a machine without one what it looked for, where %s', async (_, report) => {
  const server = await serveDetector(place.dir, {
    listMonitors: (_call, callback) => callback(null, { monitors }),
    check: (_call, callback) =>
      report === undefined
        ? callback({ code: GRPC_STATUS.NOT_FOUND, details: 'there is no monitor "gpu"' } as never)
        : callback(null, { report }),
  })
  onTestFinished(() => server.close(0))
  const root = join(place.dir, 'root')
  await mkdir(join(root, 'sys/bus/pci/devices'), { recursive: true })
  const run = (...more: string[]) =>
    runCommand('check', 'gpu-health-check', '--run-dir', place.dir, '--set', `settings.hostRoot=${root}`, ...more)
  const words = `this machine has no GPU of NVIDIA: looked for vendor 10de, class 0300 or 0302, in ${root}/sys/bus/pci/devices. Nothing was asked; "when: always" of that check asks all the same.`
  const { code, out } = await run()
  expect([code, out.trim()]).toEqual([0, `gpu (gpu-health-check) of the monitor gpu: ${words}`])
  expect(JSON.parse((await run('-o', 'json')).out)).toMatchObject({ checks: [{ check: 'gpu', nothing: words }] })
})

it('knows nothing of a check that the configuration has switched off', async () => {
  const asked = await withAnswer(undefined)
  const file = join(place.dir, 'nd.yaml')
  await writeFile(
    file,
    'apiVersion: node-doctor.io/v1alpha1\nkind: NodeDoctorConfig\nmetadata: { name: x }\nmonitors:\n' +
      '- { name: idle, type: system-cpu, enabled: false }\n- { name: busy, type: system-memory }\n',
  )
  const run = (name: string) => runCommand('check', name, '--run-dir', place.dir, '--config', file)
  const { code, err } = await run('idle')
  expect([code, err]).toEqual([2, expect.stringMatching(/there is no check "idle".*names, disk, busy/)])
  expect(asked).toEqual([])
  await run('busy')
  expect(asked).toMatchObject([{ monitor: 'system', check: 'busy' }])
})

it('names the checks that there are, and the nearest, for one that is not', async () => {
  await withAnswer(undefined)
  const { code, err } = await runCommand('check', 'dsk', '--run-dir', place.dir)
  expect(code).toBe(2)
  expect(err).toMatch(/there is no check "dsk"; did you mean disk\? The checks of this node: names, disk, .*/)
})

describe('by every name of its type', () => {
  const runs = [
    ['api', 'network-connectivity-check'],
    ['web', 'http-health-check'],
    ['sysctl', 'network-sysctl'],
    ['dns', 'network-dns-check'],
    ['cni', 'network-cni'],
    ['disk', 'disk-health-check'],
    ['cpu', 'system-cpu'],
  ] as const

  async function askedFor(name: string) {
    const asked: string[] = []
    const server = await serveDetector(place.dir, {
      listMonitors: (_call, callback) =>
        callback(null, {
          monitors: [
            MonitorState.fromPartial({
              name: 'network',
              health: MonitorHealth.ALIVE,
              runs: runs.map(([check, checkType]) => ({ check, checkType, started: now })),
            }),
          ],
        }),
      check: ({ request }, callback) => {
        asked.push(request.check)
        callback(null, { report: reportOf(Health.HEALTHY) })
      },
    })
    onTestFinished(() => server.close(0))
    const said = await runCommand('check', name, '--run-dir', place.dir, '--set', 'defaultMonitors=[]')
    return { ...said, asked }
  }

  it.each([
    ['http-health-check', ['api', 'web']],
    ['network-connectivity-check', ['api', 'web']],
    ['connectivity', ['api', 'web']],
    ['network-dns-check', ['dns']],
    ['network-ip-forwarding', ['sysctl']],
    ['network-cni-check', ['cni']],
    ['system-disk', ['disk']],
    ['system-disk-check', ['disk']],
    ['system-cpu-check', ['cpu']],
  ])('is found: %s', async (name, expected) => {
    expect(await askedFor(name)).toMatchObject({ code: 0, asked: expected })
  })

  it.each([
    ['http-helth-check', 'did you mean http-health-check?'],
    ['network-ip-fowarding', 'did you mean network-ip-forwarding?'],
    ['network-peer', 'did you mean network-peers?'],
    [
      'network-peers',
      'it is of type network-peers, of which the configuration of this node has none; write a check of that type into monitors.',
    ],
    [
      'kubelet',
      'it is of type kubernetes-kubelet-check, of which the configuration of this node has none; add "kubernetes" to defaultMonitors, or write a check of that type into monitors.',
    ],
    ['noop', 'nobody serves that type: take it out.'],
    ['xyzzy', 'there is no check "xyzzy". The checks of this node: api, '],
  ])('or is told why not, with the nearest: %s', async (name, words) => {
    expect(await askedFor(name)).toMatchObject({ code: 2, asked: [], err: expect.stringContaining(words) })
  })
})

it.each([
  [GRPC_STATUS.UNAVAILABLE, 'monitor network is not connected: nobody listens on /run/x.sock'],
  [GRPC_STATUS.UNAVAILABLE, 'Check was not answered within 30 s'],
  [GRPC_STATUS.NOT_FOUND, 'no monitor is named "network"; there are: system'],
])('blames the monitor that does not answer, not the detector that says so: %s %s', async (code, details) => {
  const answers: Partial<DetectorServer> = {
    listMonitors: (_call, callback) => callback(null, { monitors }),
    check: (_call, callback) => callback({ code, details }),
  }
  const server = await serveDetector(place.dir, answers)
  onTestFinished(() => server.close(0))
  expect(await runCommand('check', 'names', '--run-dir', place.dir)).toEqual({
    code: 3,
    out: '',
    err: `Not known: the monitor network gave no answer: ${details}.\nHow the monitors are says: node-doctor status --all\n`,
  })
  const { code: exit, out } = await runCommand('check', 'names', '--run-dir', place.dir, '-o', 'json')
  expect(exit).toBe(3)
  expect(JSON.parse(out)).toMatchObject({ error: { code: 'MONITOR' } })
})

it('does not say that it found a problem where the monitor has said nothing yet, in JSON too', async () => {
  await withAnswer(undefined)
  const { code, err } = await runCommand('check', 'names', '--run-dir', place.dir)
  expect([code, err]).toEqual([3, expect.stringContaining('has not said yet what its checks may say')])
  const json = await runCommand('check', 'names', '--run-dir', place.dir, '-o', 'json')
  expect([json.code, JSON.parse(json.out)]).toMatchObject([3, { error: { code: 'MONITOR' } }])
})

it('says of one that names nothing that there is nothing to judge', async () => {
  await withAnswer({ ...reportOf(Health.HEALTHY), observations: [], metrics: [] })
  const { code, out } = await runCommand('check', 'names', '--run-dir', place.dir)
  expect([code, out]).toEqual([0, expect.stringContaining('It found nothing to judge')])
})

it('says what is missing, and that nobody answers', async () => {
  expect(await runCommand('check')).toMatchObject({
    code: 2,
    err: expect.stringContaining('expected the name of a check'),
  })
  const { code, err } = await runCommand('check', 'disk', '--run-dir', `${place.dir}/nowhere`)
  expect(code).toBe(3)
  expect(err).toContain('there is no detector on')
})
