/**
 * Flags of `node-doctor npd` by what they do to processes that run. What a value comes to is services/npd/flags.test.ts; ports of 0
 * and flags that end it are in npd.test.ts; a heartbeat writes what was looked at since, each half minute of a log, which is too long here.
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { until } from './constellation.ts'
import { lineOf, logFile, NODE, npdPlace, type RunningNpd, untilCondition } from './npd.ts'

const place = npdPlace()
const LOG = '--config.system-log-monitor'

function eventsOn(node: string) {
  return place.api.events().filter(({ involvedObject }) => involvedObject?.name === node)
}

async function files() {
  await place.write('kern.log', '')
  const plugin = { invoke_interval: '1s', timeout: '500ms' }
  const rules = [
    { type: 'permanent', condition: 'KernelDeadlock', reason: 'Hung', pattern: 'task \\S+ hangs' },
    // It matches to the end of the line, as there.
    { type: 'temporary', reason: 'OOMKilling', pattern: 'Killed process \\d+.*' },
  ]
  return {
    log: await place.write('kernel.json', logFile(`${place.dir}/kern.log`, 'KernelDeadlock', { rules })),
    plugin: await place.write('plugin.json', {
      ...{ plugin: 'custom', pluginConfig: plugin, source: 'plugin-monitor' },
      conditions: [{ type: 'PluginProblem', reason: 'None', message: 'none' }],
      rules: [{ type: 'permanent', condition: 'PluginProblem', reason: 'Some', path: '/bin/false' }],
    }),
    stats: await place.write('stats.json', {
      invokeInterval: '5s',
      cpu: { metricsConfigs: { 'cpu/load_1m': { displayName: 'cpu/load_1m' } } },
    }),
  }
}

/** All that one process can have at once; older names of options stand for the newer ones. */
function allOf({ log, plugin, stats }: Awaited<ReturnType<typeof files>>): readonly string[] {
  return [
    ...['--system-log-monitors', log, `--custom-plugin-monitors=${plugin}`, `--config.system-stats-monitor=${stats}`],
    ...['--event-namespace=kube-system', '--apiserver-wait-timeout=1s', '--apiserver-wait-interval=1s'],
    ...['--k8s-exporter-heartbeat-period=0', '--kube-api-qps=0', '--kube-api-burst=0'],
    ...['--address=localhost', '--prometheus-address=localhost', '--exporter.stackdriver=/none.json'],
    ...['-v', '4', '--vmodule=a=1', '--logtostderr', `--state-dir=${place.dir}/kept`, '--npd-compat=B1'],
    ...['--set', 'exporters.kubernetes.conditionTypes={"PluginProblem":"Renamed"}'],
  ]
}

async function expectAll(npd: RunningNpd): Promise<void> {
  await untilCondition(place, 'KernelDeadlock', 'True Hung')
  await until('the plug-in’s is told by the name that is set', () => place.condition('Renamed') === 'True Some')
  await until('its events are told', () => eventsOn(NODE).some(({ reason }) => reason === 'OOMKilling'))
  const event = eventsOn(NODE).find(({ reason }) => reason === 'OOMKilling')
  expect(event).toMatchObject({
    message: 'Killed process 7 50%!f(MISSING)ull',
    metadata: { namespace: 'kube-system' },
    involvedObject: { namespace: 'kube-system' },
  })
  expect(await npd.ask('/healthz')).toBe('ok')
  for (const told of ['cpu_load_1m', 'problem_counter{reason="OOMKilling"} 1'])
    await until(`${told} is measured`, async () => (await npd.ask('/metrics'))?.includes(told))
  await until('its place in the log is kept', async () =>
    (await readdir(join(place.dir, 'kept/monitors'))).includes('log'),
  )
  expect(npd.printed.out).toContain('"level":"debug"')
  for (const said of [
    'Flag --system-log-monitors has been deprecated',
    'Flag --custom-plugin-monitors has been deprecated',
    '--exporter.stackdriver: nothing is sent to Stackdriver',
    '--k8s-exporter-heartbeat-period: 0ms counts as 1000ms',
  ])
    expect(npd.printed.err.split(said).length - 1).toBe(1)
}

it('each flag does what it says', async () => {
  const made = await files()
  place.api.addNode('silent')
  const log = `${LOG}=${made.log}`
  const [all, silent, quiet] = await Promise.all([
    place.start(allOf(made)),
    place.start(
      [
        ...[log, '--hostname-override=', '--k8s-exporter-write-events=false'],
        '--k8s-exporter-update-node-conditions=false',
      ],
      { env: { NODE_NAME: 'silent' } },
    ),
    place.start([log, '--hostname-override=quiet', '--enable-k8s-exporter=false']),
  ])
  await untilCondition(place, 'KernelDeadlock', 'False NoProblem')
  await place.append('kern.log', lineOf('task docker hangs'), lineOf('Killed process 7 50% full'))
  await expectAll(all)
  const counted = 'problem_counter{reason="OOMKilling"} 1'
  for (const one of [quiet, silent])
    await until('who tells the API server nothing counts', async () => (await one.ask('/metrics'))?.includes(counted))
  expect([await quiet.ask('/healthz'), await silent.ask('/healthz')]).toEqual([undefined, 'ok'])
  expect(await silent.ask('/conditions')).toBe('null')
  // Asked to end it tells all that waits.
  expect([(await silent.end()).code, (await quiet.end()).code]).toEqual([0, 0])
  expect(eventsOn('silent')).toEqual([])
  const requests = place.api.requests.map(({ verb, name, path }) => ({ verb, name, path }))
  expect(requests.filter(({ name }) => name === 'silent').every(({ verb }) => verb === 'get')).toBe(true)
  expect(requests.filter(({ name }) => name === 'silent')).not.toEqual([])
  expect(requests.filter(({ path }) => path.includes('quiet'))).toEqual([])
})
