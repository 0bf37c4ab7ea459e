/** What files `node-doctor npd` is given, over starts, and what stands in the cluster by them: theirs alone. */
import { describe, expect, it } from 'vitest'
import { freePort } from '../../libs/bus/testing.ts'
import { until } from './constellation.ts'
import { lineOf, logFile, NODE, type NpdPlace, npdPlace, untilCondition } from './npd.ts'

const place = npdPlace()
const LOG = '--config.system-log-monitor'

/** Types that stand on the node and are not the kubelet's. */
function types({ api }: NpdPlace): readonly string[] {
  const KUBELETS = /^(?:Ready|MemoryPressure|DiskPressure|PIDPressure|NetworkUnavailable)$/
  const all = api.node(NODE)?.status?.conditions?.map(({ type }) => type) ?? []
  return all.filter((type) => !KUBELETS.test(type)).sort()
}

async function twoFiles(): Promise<readonly [string, string]> {
  await place.write('kern.log', '')
  return [
    await place.write('one.json', logFile(`${place.dir}/kern.log`, 'OneDeadlock')),
    await place.write('two.json', logFile(`${place.dir}/kern.log`, 'TwoDeadlock')),
  ]
}

describe('files of node-doctor npd', () => {
  it('are watched where another is bad, which the node says while it is; what a file that is gone said stays for whoever else may say it', async () => {
    const [one, two] = await twoFiles()
    const bad = await place.write('bad.json', '{\n  "plugin": "filelog",\n  oops\n}')
    const files = `${LOG}=${one},${two}`
    const first = await place.start([files, `${LOG}=${bad}`])
    for (const type of ['OneDeadlock', 'TwoDeadlock']) await untilCondition(place, type, 'False NoProblem')
    await until('it is said', () => place.condition('NPDConfigInvalid')?.startsWith('True'))
    const told = place.api.node(NODE)?.status?.conditions?.find(({ type }) => type === 'NPDConfigInvalid')
    expect(told?.message).toContain('bad.json:3')
    expect(types(place)).toEqual(['NPDConfigInvalid', 'OneDeadlock', 'TwoDeadlock'])
    expect((await first.end()).code).toBe(0)
    expect((await (await place.start([files, `${LOG}=${bad}`, '--strict'])).ended) ?? -1).toBe(255)
    await place.start([`${LOG}=${one}`, '--k8s-exporter-heartbeat-period=1s'])
    const confirmedOf = (type: string) =>
      place.api.node(NODE)?.status?.conditions?.find((one) => one.type === type)?.lastHeartbeatTime
    const [before, gone] = [confirmedOf('OneDeadlock'), confirmedOf('TwoDeadlock')]
    await until('what it says is confirmed', () => confirmedOf('OneDeadlock') !== before, 30_000)
    expect([confirmedOf('TwoDeadlock'), place.condition('TwoDeadlock')]).toEqual([gone, 'False NoProblem'])
    expect(place.api.events()).toEqual([])
    expect(place.api.requests.filter(({ code }) => code >= 400)).toEqual([])
  })

  it('tell their own events, and nothing else of ours comes to the cluster: of logs that are missing, numbers that cannot be had', async () => {
    const [one] = await twoFiles()
    const missing = await place.write('missing.json', logFile(`${place.dir}/none.log`, 'NoLog'))
    const plugin = await place.write('plugin.json', {
      plugin: 'custom',
      pluginConfig: { invoke_interval: '1s', timeout: '500ms' },
      source: 'plugin-monitor',
      conditions: [{ type: 'PluginProblem', reason: 'None', message: 'none' }],
      rules: [{ type: 'permanent', condition: 'PluginProblem', reason: 'Some', path: '/bin/false' }],
    })
    const stats = await place.write('stats.json', {
      invokeInterval: '1s',
      disk: { lsblkTimeout: '1s', metricsConfigs: {} },
      procPath: place.dir,
      osFeature: { metricsConfigs: { 'system/os_feature': { displayName: 'system/os_feature' } } },
      cpu: { metricsConfigs: { 'cpu/load_1m': { displayName: 'cpu/load_1m' } } },
    })
    const words = [`${LOG}=${one},${missing}`, `--config.custom-plugin-monitor=${plugin}`]
    const npd = await place.start([...words, `--config.system-stats-monitor=${stats}`])
    await untilCondition(place, 'PluginProblem', 'True Some')
    await untilCondition(place, 'NoLog', 'Unknown LogSourceUnreadable')
    await place.append('kern.log', lineOf('Killed process 7'), lineOf('task docker hangs'))
    await untilCondition(place, 'OneDeadlock', 'True Hung')
    await until('all events came', () => place.api.events().length >= 3)
    await until('numbers are told', () => npd.ask('/metrics').then((told) => told?.includes('cpu_load_1m ')), 30_000)
    await place.append('none.log', lineOf('the log is made'))
    await untilCondition(place, 'NoLog', 'False NoProblem')
    expect((await npd.end()).code).toBe(0)
    expect(
      place.api
        .events()
        .map(({ source, reason }) => `${source?.component} ${reason}`)
        .sort(),
    ).toEqual(['kernel-monitor Hung', 'kernel-monitor OOMKilling', 'plugin-monitor Some'])
    expect(types(place)).toEqual(['NoLog', 'OneDeadlock', 'PluginProblem'])
    expect(place.api.requests.filter(({ code }) => code >= 400)).toEqual([])
  })

  it('keep what they know over starts in --state-dir, and begin anew without it', async () => {
    const [one] = await twoFiles()
    const state = `--state-dir=${place.dir}/state`
    const first = await place.start([`${LOG}=${one}`, state])
    await untilCondition(place, 'OneDeadlock', 'False NoProblem')
    await place.append('kern.log', lineOf('task docker hangs', new Date(Date.now() - 1000)))
    await untilCondition(place, 'OneDeadlock', 'True Hung')
    await until('its event came', () => place.api.events().length === 1)
    await first.end()
    const second = await place.start([`${LOG}=${one}`, state])
    await until('it knows', () => second.ask('/conditions').then((told) => told?.includes('"True"')), 30_000)
    await place.append('kern.log', lineOf('Killed process 8'))
    await until('it goes on', () => place.api.events().length === 2, 30_000)
    expect(place.condition('OneDeadlock')).toBe('True Hung')
    await second.end()
    // As node-problem-detector: what was said in the last five minutes is read again, here by a log that is new.
    await place.write('kern.log', '')
    await place.start([`${LOG}=${one}`])
    await untilCondition(place, 'OneDeadlock', 'False NoProblem')
  })

  it('bring back a bug of node-problem-detector that is named, and keys of ours are set beside', async () => {
    await place.write('stat', 'cpu 1 0 1 1 0 0 0 0 0 0\nintr 5 1\nprocesses 77\nprocs_running 1\nprocs_blocked 0\n')
    const stats = await place.write('stats.json', {
      invokeInterval: '1s',
      disk: { lsblkTimeout: '1s', metricsConfigs: {} },
      procPath: place.dir,
      cpu: { metricsConfigs: { 'system/processes_total': { displayName: 'system/processes_total' } } },
    })
    const words = [`--config.system-stats-monitor=${stats}`, '--enable-k8s-exporter=false']
    const pagePort = await freePort()
    const shown = ['--set=exporters.http.enabled=true', '--set=exporters.http.bindAddress=127.0.0.1']
    const well = await place.start([...words, ...shown, `--set=exporters.http.hostPort=${pagePort}`])
    const buggy = await place.start([...words, '--npd-compat=B2'])
    const forksOf = (text = '') => Number(/^system_processes_total (\S+)$/m.exec(text)?.[1])
    await until('it adds up', async () => forksOf(await buggy.ask('/metrics')) >= 3 * 77, 30_000)
    await until('it is read', async () => forksOf(await well.ask('/metrics')) === 77, 30_000)
    const page = () => fetch(`http://127.0.0.1:${pagePort}/`).then(({ status }) => status === 200)
    await until('the page is there', page)
    expect(place.api.requests).toEqual([])
  })
})
