import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { editDistance, expectation, nearestName, suggestion } from './nearest.ts'

const word = fc.stringMatching(/^[a-c]{0,7}$/)

/** By the definition, without a table. */
function naive(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length
  const same = a.at(-1) === b.at(-1) ? 0 : 1
  const costs = [
    naive(a.slice(0, -1), b) + 1,
    naive(a, b.slice(0, -1)) + 1,
    naive(a.slice(0, -1), b.slice(0, -1)) + same,
  ]
  if (a.length > 1 && b.length > 1 && a.at(-1) === b.at(-2) && a.at(-2) === b.at(-1)) {
    costs.push(naive(a.slice(0, -2), b.slice(0, -2)) + 1)
  }
  return Math.min(...costs)
}

describe('the nearest name', () => {
  it('counts edits as their definition does', () => {
    const short = fc.stringMatching(/^[a-c]{0,5}$/)
    fc.assert(fc.property(short, short, (a, b) => editDistance(a, b) === naive(a, b)))
  })

  it('is as far one way as the other', () => {
    fc.assert(fc.property(word, word, (a, b) => editDistance(a, b) === editDistance(b, a)))
  })

  it.each([
    ['intervall', 'interval'],
    ['timeuot', 'timeout'],
    ['Enabled', 'enabled'],
    ['warningTreshold', 'warningThreshold'],
  ])('of %s is %s', (text, expected) => {
    expect(nearestName(text, ['interval', 'timeout', 'enabled', 'warningThreshold'])).toBe(expected)
  })

  it('is the only one that has the text as its first or last word', () => {
    const names = ['bindAddress', 'hostPort', 'hosts', 'tlsCertFile', 'tlsKeyFile', 'http-exporter', 'portrait']
    expect(nearestName('port', names)).toBe('hostPort')
    expect(nearestName('Address', names)).toBe('bindAddress')
    expect(nearestName('exporter', names)).toBe('http-exporter')
    expect(nearestName('file', names)).toBeUndefined()
    expect(nearestName('cert', names)).toBeUndefined()
    expect(nearestName('', names)).toBeUndefined()
  })

  it('is the only one that begins with the text', () => {
    const names = ['info', 'warning', 'error', 'critical']
    expect(['warn', 'err', 'CRIT'].map((text) => nearestName(text, names))).toEqual(['warning', 'error', 'critical'])
    expect(nearestName('tlsC', ['tlsCertFile', 'tlsCaFile'])).toBeUndefined()
    expect(nearestName('in', ['initial'])).toBeUndefined()
  })

  it('is none when nothing is near', () => {
    expect(nearestName('webhooks', ['monitors', 'plugins'])).toBeUndefined()
    expect(suggestion('webhooks', ['monitors', 'plugins'])).toBe('expected one of "monitors", "plugins"')
    expect(suggestion('x', [])).toBe('nothing is expected here')
  })

  it('says what is valid and what was meant, of many names the nearest alone', () => {
    expect(expectation('kmesg', ['filelog', 'kmsg'])).toBe('expected one of "filelog", "kmsg"; did you mean "kmsg"?')
    expect(expectation('other', ['filelog', 'kmsg'])).toBe('expected one of "filelog", "kmsg"')
    expect(expectation('kmesg', ['kmsg'])).toBe('did you mean "kmsg"?')
    const many = Array.from({ length: 8 }, (_, index) => `${index}`.repeat(9))
    expect(expectation('kmesg', ['kmsg', ...many])).toBe('did you mean "kmsg"?')
  })

  it('is a name itself, where it is written as it is, and found with one letter too many', () => {
    const names = ['status', 'watch', 'validate', 'cleanup', 'up']
    const letter = fc.constantFrom('a', 'b', 'c', 'x', 'y', 'z')
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.nat(8), letter, (name, at, more) => {
        expect(nearestName(name, names)).toBe(name)
        if (name.length > 2) expect(nearestName(name.slice(0, at) + more + name.slice(at), names)).toBe(name)
      }),
    )
  })

  it('does not compare with an endless text', () => {
    expect(nearestName('a'.repeat(100_000), ['a'])).toBeUndefined()
  })
})
