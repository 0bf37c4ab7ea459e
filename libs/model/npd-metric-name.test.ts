import fc from 'fast-check'
import { expect, test } from 'vitest'
import { npdMetricName } from './npd-metric-name.ts'

// What the exporter of NPD v1.36.0 makes of them.
test.each([
  ['cpu/load_1m', 'cpu_load_1m'],
  ['host/uptime', 'host_uptime'],
  ['kubernetes.io/internal/node/guest/net/rx_bytes', 'kubernetes_io_internal_node_guest_net_rx_bytes'],
  ['Rx Bytes', 'Rx_Bytes'],
  ['_private', 'key_private'],
  ['/leading', 'key_leading'],
  ['5m_load', 'key_5m_load'],
  ['a--b', 'a_b'],
  ['a-b---c', 'a_b_c'],
  ['a- -b', 'a___b'],
  ['größe', 'gr__e'],
  ['Größe', 'Gr__e'],
  ['x'.repeat(120), 'x'.repeat(100)],
  ['/'.repeat(120), `key${'_'.repeat(100)}`],
])('%s is %s', (displayName, name) => {
  expect(npdMetricName(displayName)).toBe(name)
})

test('whatever a display name is, it is a name of Prometheus', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'binary' }), (displayName) => {
      expect(npdMetricName(displayName)).toMatch(/^[A-Za-z][A-Za-z0-9_]{0,103}$/)
    }),
  )
})
