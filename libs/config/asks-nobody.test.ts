import { describe, expect, it } from 'vitest'
import { asksNobody } from './asks-nobody.ts'
import { HEAD, parse } from './testing.ts'

const monitor = (type: string, config: string) =>
  `${HEAD}monitors:\n  - name: site\n    type: ${type}\n    config:\n${config}`

describe('a check that asks nobody', () => {
  const notesOf = (type: string, config: string) =>
    asksNobody(parse(monitor(type, config))).map(({ key, text }) => `${key}: ${text}`)

  it.each([
    ['network-connectivity-check', 'one of "endpoints", "url"'],
    ['http-health-check', 'one of "endpoints", "url"'],
    ['network-peers', 'one of "peers", "slices", "echoPeers", "echoSlices"'],
    ['network-time', '"servers"'],
  ])('is worth a note: %s', (type, keys) => {
    expect(notesOf(type, '      {}\n')).toContain(`monitors.site: asks nobody; expected ${keys} with somebody in it`)
  })

  it.each([
    ['network-connectivity-check', 'url: http://a'],
    ['network-peers', 'slices: [a/b]'],
    ['network-time', 'servers: [ntp.example.org]'],
    ['network-dns-check', 'names: []'],
  ])('is none where somebody is named: %s', (type, config) => {
    expect(notesOf(type, `      ${config}\n`)).toEqual([])
  })

  it('says nothing where it is switched off', () => {
    expect(asksNobody(parse(`${HEAD}monitors: [{ name: a, type: network-time, enabled: false }]\n`))).toEqual([])
  })
})
