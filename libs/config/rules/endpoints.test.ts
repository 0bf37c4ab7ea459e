import { describe, expect, it } from 'vitest'
import { faultsOf, HEAD } from '../testing.ts'

const monitor = (type: string, config: string) =>
  `${HEAD}monitors:\n  - name: site\n    type: ${type}\n    config:\n${config}`
const endpoints = (...lines: readonly string[]) =>
  monitor('network-connectivity-check', `      endpoints:\n${lines.map((line) => `        - ${line}\n`).join('')}`)

describe('two endpoints of one name are refused', () => {
  it('with the place of the first', () => {
    const text = endpoints('{ name: twice, url: "http://a" }', '{ name: twice, url: "http://b" }')
    expect(faultsOf(text)).toEqual([
      'config.yaml:11:13: monitors[0].config.endpoints[1].name: "twice" is taken already, at config.yaml:10:13; expected another name',
    ])
  })

  it('where the address is the name too, without what is secret in it', () => {
    const text = endpoints('url: http://a/', 'url: http://me:word@a/?token=1')
    expect(faultsOf(text)).toEqual([
      'config.yaml:11:11: monitors[0].config.endpoints[1].name: missing: without it the endpoint is called "http://a", as another one is, at config.yaml:10:11; expected a name of its own',
    ])
  })

  it('where it is that of the check, which its own is called by', () => {
    const text = `${endpoints('{ name: site, url: "http://b" }')}      url: http://a\n`
    expect(faultsOf(text)).toEqual([
      'config.yaml:10:13: monitors[0].config.endpoints[0].name: "site" is taken already, at config.yaml:11:7; expected another name',
    ])
  })

  it('and others are not', () => {
    expect(faultsOf(endpoints('url: http://a/', 'url: https://a/', '{ name: a, url: "http://a/" }'))).toEqual([])
  })
})
