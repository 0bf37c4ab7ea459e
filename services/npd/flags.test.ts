import { expect, it } from 'vitest'
import { parseFlags } from '#golang'
import { bounded } from './bounds.ts'
import { FLAGS } from './flags.ts'
import { settingsOf } from './settings.ts'

const FILE = '--config.system-log-monitor=/config/kernel-monitor.json'
const MACHINE = { nodeName: '', hostName: 'host-1', ownFolder: '/tmp/own' }

/** What a command line comes to: the keys it sets otherwise than none does, what is said, or the exit code it ends with. */
function comesTo(words: readonly string[]): unknown {
  const keysOf = (all: readonly string[]) => {
    const { values } = parseFlags(FLAGS, all)
    return { values, keys: Object.fromEntries(settingsOf(values, MACHINE).map(({ key, value }) => [key, value])) }
  }
  try {
    const { values, keys } = keysOf(
      words.some((word) => word.includes('system-log-monitor')) ? words : [FILE, ...words],
    )
    const plain = keysOf([FILE]).keys
    const changed = Object.entries(keys).filter(([key, value]) => plain[key] !== value)
    const { notices } = bounded(values)
    return { ...Object.fromEntries(changed), ...(notices.length > 0 && { notices }) }
  } catch (err) {
    return (err as { exitCode?: number }).exitCode
  }
}

const K = 'exporters.kubernetes'
const NPD = 'exporters.npd'

/** Each flag of node-problem-detector v1.36.0: what it does there (looked at by running it), and what it comes to here. */
const TABLE: readonly (readonly [words: string, there: string, here: unknown])[] = [
  ['--hostname-override=n7', 'names the node', { 'settings.nodeName': 'n7' }],
  ['--config.system-log-monitor=/a,/b', 'both', { 'npd.systemLogMonitors': '["/a","/b"]' }],
  ['--config.custom-plugin-monitor=/p', 'beside it', { 'npd.customPluginMonitors': '["/p"]' }],
  ['--config.system-stats-monitor=/s', 'beside it', { 'npd.systemStatsMonitors': '["/s"]' }],
  ['--config.external-monitor=/x,/y', 'beside it, in its fork', { 'npd.externalMonitors': '["/x","/y"]' }],
  ['--system-log-monitors=/a', 'the older name', { 'npd.systemLogMonitors': '["/a"]' }],
  [`${FILE} --system-log-monitors=/a`, 'panic', 2],
  ['--custom-plugin-monitors=/p', 'the older name', { 'npd.customPluginMonitors': '["/p"]' }],
  ['--config.custom-plugin-monitor=/p --custom-plugin-monitors=/p', 'panic', 2],
  ['--enable-k8s-exporter=false', 'writes nothing, no 20256', { [`${K}.enabled`]: 'false', [`${NPD}.port`]: '0' }],
  ['--enable-k8s-exporter=false --prometheus-port=0', 'fatal', 255],
  ['--event-namespace=kube-system', 'there', { [`${K}.events.namespace`]: 'kube-system' }],
  ['--apiserver-override=http://x:1', 'asked there', { [`${K}.apiserver`]: 'http://x:1' }],
  ['--apiserver-wait-timeout=-1s', 'ends no wait (B7)', {}],
  ['--apiserver-wait-interval=0', 'ends no wait (B7)', {}],
  ['--k8s-exporter-heartbeat-period=30s', 'each 30 s', { [`${K}.heartbeatInterval`]: '30000ms' }],
  ...['0', '-5s', '1ns', '999ms'].map((period): (typeof TABLE)[number] => [
    `--k8s-exporter-heartbeat-period=${period}`,
    'each second, when it looks',
    {
      [`${K}.heartbeatInterval`]: '1000ms',
      notices: [expect.stringMatching(/^--k8s-exporter-heartbeat-period: \S+ms counts as 1000ms$/)],
    },
  ]),
  [
    '--k8s-exporter-heartbeat-period=100h',
    'each 100 h',
    {
      [`${K}.heartbeatInterval`]: '86400000ms',
      notices: ['--k8s-exporter-heartbeat-period: 360000000ms counts as 86400000ms'],
    },
  ],
  ['--k8s-exporter-write-events=false', 'no events', { [`${K}.events.enabled`]: 'false' }],
  ['--k8s-exporter-update-node-conditions=false', 'no conditions', { [`${K}.conditions.enabled`]: 'false' }],
  ['--kube-api-qps=7.5 --kube-api-burst=9', 'these', { [`${K}.qps`]: '7.5', [`${K}.burst`]: '9' }],
  ['--kube-api-qps=0', "client-go's 5", { [`${K}.qps`]: '5' }],
  ['--kube-api-qps=0 --kube-api-burst=0', "client-go's 5 and 10", { [`${K}.qps`]: '5', [`${K}.burst`]: '10' }],
  ['--kube-api-burst=0', 'panic', 2],
  ['--kube-api-burst=-5', 'panic', 2],
  ['--kube-api-qps=-1 --kube-api-burst=0', 'no limit', { [`${K}.qps`]: '100000', [`${K}.burst`]: '100000' }],
  ['--kube-api-qps=0.01', 'one in 100 s', { [`${K}.qps`]: '0.1', notices: [expect.stringContaining('counts as 0.1')] }],
  [
    '--kube-api-burst=10000000',
    'that',
    { [`${K}.burst`]: '100000', notices: ['--kube-api-burst: 10000000 counts as 100000'] },
  ],
  ['--address=0.0.0.0', 'all of IPv4', { [`${NPD}.address`]: '0.0.0.0' }],
  ['--address=localhost --prometheus-address=localhost', '127.0.0.1', {}],
  ['--address= --prometheus-address=', 'all', { [`${NPD}.address`]: '::', [`${NPD}.prometheusAddress`]: '::' }],
  ['--prometheus-address=node.example', 'its address', { [`${NPD}.prometheusAddress`]: 'node.example' }],
  ['--port=0', 'none', { [`${NPD}.port`]: '0' }],
  ['--port=-1', 'none', { [`${NPD}.port`]: '0' }],
  ['--port=99999', 'fatal', 255],
  ['--prometheus-port=0', 'none', { [`${NPD}.prometheusPort`]: '0' }],
  ['--prometheus-port=99999', 'fatal', 255],
  ['--exporter.stackdriver=/f', 'sends there', {}],
  ['-v 4', 'says more', { 'settings.logLevel': 'debug' }],
  ['--v=4', 'says more', { 'settings.logLevel': 'debug' }],
  ['--v=-1', 'as 0', {}],
  ['--vmodule=a=1 --logtostderr', 'klog', {}],
  // Of files that are not here.
  ['--vmodule=bad', 'is no list', {}],
  ['--no-such-flag', 'usage', 2],
  ['--port=many', 'usage', 2],
]

it.each(TABLE)('%s: there %s', (words, _there, here) => {
  expect(comesTo(words.split(' '))).toEqual(here)
})

it('leaves out no flag of node-problem-detector', () => {
  const own = ['strict', 'state-dir', 'npd-compat', 'set', 'version']
  const named = TABLE.map(([words]) => words).join(' ')
  expect(Object.keys(FLAGS).filter((name) => !own.includes(name) && !named.includes(`--${name}`))).toEqual([])
})
