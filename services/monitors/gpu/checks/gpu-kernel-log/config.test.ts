import { expect, test } from 'vitest'
import { z } from 'zod'
import { CATALOG, type CatalogCheck } from '../../../../../libs/config/catalog.ts'
import { faultsOf, HEAD } from '../../../../../libs/config/testing.ts'
import { SXIDS, XIDS } from '../../xid/catalogue.ts'
import { gpuKernelLog } from './check.ts'
import { schema } from './config.ts'

const CHECK: CatalogCheck = {
  type: gpuKernelLog.type,
  aliases: [],
  monitor: 'gpu',
  description: gpuKernelLog.description,
  intervalMs: gpuKernelLog.intervalMs,
  timeoutMs: gpuKernelLog.timeoutMs,
  schema: z.toJSONSchema(schema, { io: 'input' }) as CatalogCheck['schema'],
  conditions: [],
  events: [],
  metrics: [],
}

function faults(config: string): readonly string[] {
  const text = `${HEAD}monitors:\n  - name: log\n    type: gpu-kernel-log\n    config:\n      ${config}\n`
  return faultsOf(text, { catalog: { ...CATALOG, checks: [...CATALOG.checks, CHECK] } })
}

test.each([
  ['xid: { "94": { action: reset-device, mode: observe }, "13": { mode: off } }'],
  ['sxid: { 12028: { mode: observe } }'],
  ['modes: { xid: observe, driver-mismatch: off }'],
  ['acceptUserRecords: true'],
])('takes %s', (config) => {
  expect(faults(config)).toEqual([])
})

test.each([
  ['xid: { "949": { mode: off } }', '14: monitors[0].config.xid.949: unknown key; did you mean "94"?'],
  ['sxid: { "1202": { mode: off } }', '15: monitors[0].config.sxid.1202: unknown key; did you mean "12002"?'],
  ['modes: { nclc: off }', '16: monitors[0].config.modes.nclc: unknown key; did you mean "nccl"?'],
  [
    'xid: { "94": { mode: of } }',
    '22: monitors[0].config.xid.94.mode: "of" is not valid; expected one of "off", "observe", "act"; did you mean "off"?',
  ],
  [
    'xid: { "43": { mode: observe } }',
    '14: monitors[0].config.xid.43: changes nothing: it is an event, which asks for nothing and is never acted on; expected another action, or mode "act", by which it stands until a reset, or mode "off"',
  ],
  ['xid: { "95": {} }', '14: monitors[0].config.xid.95: says nothing; expected "action", "mode" or both'],
  ['sxid: { 12028: {} }', '15: monitors[0].config.sxid.12028: says nothing; expected "action", "mode" or both'],
  ['xid: { "94": { acton: none } }', '22: monitors[0].config.xid.94.acton: unknown key; did you mean "action"?'],
])('refuses %s with file, line, key and what was probably meant', (config, fault) => {
  expect(faults(config)).toEqual([`config.yaml:9:${fault}`])
})

test('every code of the catalogue may be told otherwise, and no other', () => {
  const { properties = {} } = CHECK.schema as { properties?: Record<string, { propertyNames?: { enum?: unknown } }> }
  expect(properties['xid']?.propertyNames?.enum).toEqual([...XIDS.keys()].map(String))
  expect(properties['sxid']?.propertyNames?.enum).toEqual([...SXIDS.keys()].map(String))
})
