/** Flags of this monitor's own command line, as the gpu-monitor of npd-ext has them. */
import type { MonitorFlag } from '#monitor-kit'

const CHECK = 'gpu-health-check'

function numberIn(text: string, least: number, most: number, expected: string): number {
  const number = /^\d{1,3}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN
  if (!(number >= least && number <= most)) throw new Error(`expected ${expected} from ${least} to ${most}`)
  return number
}

/** They hold in place of the keys of the configuration. */
export const GPU_FLAGS: readonly MonitorFlag[] = [
  {
    name: 'temp-threshold',
    value: 'CELSIUS',
    what: 'temperature of a GPU above which it is too hot',
    default: '85',
    parse: (text) => ({ checks: { [CHECK]: { temperature_threshold: numberIn(text, 1, 150, 'a number of °C') } } }),
  },
  {
    name: 'memory-threshold',
    value: 'PERCENT',
    what: 'memory of a GPU in use above which that is told',
    default: '95',
    parse: (text) => ({ checks: { [CHECK]: { memory_threshold: numberIn(text, 1, 100, 'a number of percent') } } }),
  },
  {
    name: 'version',
    value: 'TEXT',
    what: 'the version that it says it is of',
    parse(text) {
      if (!/^[\w.+-]{1,64}$/.test(text)) throw new Error('expected a version, for example 1.0.0')
      return { version: text }
    },
  },
]
