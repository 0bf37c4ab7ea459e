import { expect, it } from 'vitest'
import { type FlagError, parseFlags } from '#golang'
import { FLAGS } from './flags.ts'
import { flagFault, strayWarnings } from './words.ts'

function faultOf(...words: string[]): string {
  try {
    parseFlags(FLAGS, words)
  } catch (err) {
    return flagFault(err as FlagError)
  }
  return ''
}

it('a flag that there is not is told in the words of pflag, and what was meant behind them', () => {
  expect(faultOf('--config.system-log-monitors=/a')).toBe(
    'unknown flag: --config.system-log-monitors; did you mean "--config.system-log-monitor"?',
  )
  expect(faultOf('--prot=1')).toBe('unknown flag: --prot; did you mean "--port"?')
  expect(faultOf('--nothing-like-any-other=1')).toBe('unknown flag: --nothing-like-any-other')
  expect(faultOf('--port=x')).toMatch(/^invalid argument "x" for "--port" flag: [^;]*$/)
})

it('what is no flag is named in one line', () => {
  expect(strayWarnings([])).toEqual([])
  expect(strayWarnings(['/b.json', 'a\nb'])).toEqual([
    'warning: no flags, and not looked at: "/b.json" "a\\nb"; files of one flag are separated by commas alone',
  ])
})
