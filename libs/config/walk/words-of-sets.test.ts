import { expect, it } from 'vitest'
import { faultsOf, parse } from '../testing.ts'
import { monitors } from '../testing-texts.ts'

const keyOf = (written: string) =>
  monitors(`  - name: v6\n    type: network-ipv6-sysctl\n    config: { expectIPv6Enabled: ${written} }\n`)

it('takes true and false as they are where they are words of a set, beside its texts', () => {
  const values = ['true', 'false', 'as-before'].map((written) => {
    const { config } = parse(keyOf(written)).monitors[0] as { config?: { expectIPv6Enabled?: unknown } }
    return config?.expectIPv6Enabled
  })
  expect(values).toEqual([true, false, 'as-before'])
})

it('says of another word, and of a word in quotes that is none, what is expected', () => {
  const at = 'config.yaml:8:15: monitors[0].config.expectIPv6Enabled'
  const words = 'expected one of "as-before", "true", "false"'
  expect(faultsOf(keyOf('sometimes'))).toEqual([`${at}: "sometimes" is not valid; ${words}`])
  expect(faultsOf(keyOf('"true"'))).toEqual([`${at}: "true" is not valid; ${words}, without quotes`])
  expect(faultsOf(keyOf('7'))).toEqual([`${at}: 7 is not valid; ${words}`])
})
