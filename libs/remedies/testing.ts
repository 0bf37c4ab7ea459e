/** For tests: configurations with repairs, and problems of any kind. */
import fc from 'fast-check'
import type { NodeDoctorConfig, RemediationEntry } from '#config'
import { HEAD, parse } from '../config/testing.ts'
import { REMEDY_NAMES } from './table.ts'

/** A configuration with one check of a disk that has this block, and a section of repairs. */
export function configWith(block: string, section = '{ enabled: true }'): NodeDoctorConfig {
  const text = `${HEAD}remediation: ${section}\nmonitors:\n  - name: disks\n    type: disk-health-check\n    remediation: ${block}\n`
  return parse(text)
}

/** Text with what shells, paths and people make something of. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...'/.:;|&$`(){}<>*?!~\'"\\ \n\0-a1%'), maxLength: 20 }),
  fc.constantFrom(
    'disk:/var',
    'disk:/',
    'disk:/a/../b',
    'disk:/$(reboot)',
    'disk:sda',
    'pod:a/b',
    'pod:a/b;c',
    'pod:-/x',
  ),
  fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => `disk:/${text}`),
  fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => `pod:a/${text}`),
)

const keys = {
  enabled: fc.boolean(),
  strategy: fc.oneof(fc.constantFrom(...REMEDY_NAMES), fc.constant(undefined)),
  mode: fc.constantFrom('act' as const, 'observe' as const, undefined),
  cooldownMs: fc.option(fc.integer({ min: 1000, max: 10_000_000 }), { nil: undefined }),
  maxAttempts: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
  priority: fc.option(fc.integer({ min: -2, max: 2 }), { nil: undefined }),
  service: fc.constantFrom('kubelet', 'a.socket', undefined),
  scriptPath: fc.constantFrom('/opt/x.sh', undefined),
  args: fc.option(fc.array(fc.string({ maxLength: 8 }), { maxLength: 3 }), { nil: undefined }),
  interface: fc.constantFrom('eth0', undefined),
  path: fc.constantFrom('/srv', undefined),
  plugin: fc.constantFrom('bmc', undefined),
  pluginAction: fc.constantFrom('cycle', undefined),
}

/** A block, with strategies in it up to three deep. */
export const anyBlock: fc.Arbitrary<RemediationEntry> = fc.letrec<{ block: RemediationEntry }>((tie) => ({
  block: fc.record({
    ...keys,
    strategies: fc.oneof(
      { maxDepth: 3, depthIdentifier: 'block' },
      fc.constant([]),
      fc.array(tie('block'), { maxLength: 3, depthIdentifier: 'block' }),
    ),
  }) as fc.Arbitrary<RemediationEntry>,
})).block
