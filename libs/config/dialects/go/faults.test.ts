import { expect, it } from 'vitest'
import { faultsOf, HEAD } from '../../testing.ts'

const faults = (text: string) => faultsOf(HEAD + text).map((line) => line.replace(/^config\.yaml:\d+:\d+: /, ''))
const config = (type: string, keys: string) => faults(`monitors:\n  - { name: a, type: ${type}, config: ${keys} }\n`)

it('a fault names the key that is written, and what is written there', () => {
  expect(config('network-gateway-check', '{ pingTimeout: 3 parsecs }')).toEqual([
    'monitors[0].config.pingTimeout: "3 parsecs" is not a duration, or a number of milliseconds; expected one such as "1s"',
  ])
  expect(config('system-cpu', '{ loadAverageThresholds: { warning: much } }')).toEqual([
    'monitors[0].config.loadAverageThresholds.warning: "much" is not a number of percent; expected one such as 80',
  ])
})

it.each([
  ['settings: { qps: many }\n', 'settings.qps: "many" is not a number; expected a number from'],
  [
    'monitors: [{ name: d, type: system-disk, config: { mountPoints: [{ path: var }] } }]\n',
    'monitors[0].config.mountPoints[0].path: "var" is not an absolute path',
  ],
  [
    'monitors: [{ name: d, type: system-disk, config: { mountPoints: [{ warningThreshold: 80 }] } }]\n',
    'monitors[0].config.mountPoints[0].path: missing; expected an absolute path',
  ],
  [
    'monitors: [{ name: g, type: network-gateway-check, config: { manualGateway: 10.0.0.300 } }]\n',
    'monitors[0].config.manualGateway: "10.0.0.300" is not an address',
  ],
  [
    'monitors: [{ name: c, type: network-cni-check, config: { discovery: { staticPeers: [1.2.3] } } }]\n',
    'monitors[0].config.discovery.staticPeers[0]: "1.2.3" is not an address',
  ],
  [
    'monitors:\n  - name: c\n    type: network-cni-check\n    config: { cniHealth: { configPath: etc } }\n  - name: d\n    type: noop\n    interval: 3\n',
    'monitors[0].config.cniHealth.configPath: "etc" is not an absolute path',
  ],
])('as it does where it was put elsewhere: %j', (text, fault) => {
  expect(faults(text).map((line) => line.slice(0, fault.length))).toContain(fault)
})

it('a fault of the environment or a flag has our key', () => {
  const text = `${HEAD}settings: { qps: 5 }\nmonitors: [{ name: c, type: system-cpu-check }]\n`
  expect(faultsOf(text, { env: { NODE_DOCTOR_LOG_LEVEL: 'x' } })[0]).toContain(
    'NODE_DOCTOR_LOG_LEVEL: settings.logLevel:',
  )
})
