import { describe, expect, it } from 'vitest'
import { isSwitchedOn } from '../switches.ts'
import { faultsOf, HEAD, parse } from '../testing.ts'

const START = 'exporters:\n  external:\n'
const tickets = (keys = '') => `    - name: tickets\n      socketAddress: unix:///run/tickets.sock\n${keys}`
const second = (name: string, socket: string) => `    - name: ${name}\n      socketPath: ${socket}\n`
const line = (number: number) => `config.yaml:${HEAD.split('\n').length - 1 + number}`

describe('an exporter of somebody else’s', () => {
  it('is in force with its defaults', () => {
    const config = parse(HEAD + START + tickets())
    expect(config.exporters.external).toEqual([
      {
        name: 'tickets',
        socketPath: '/run/tickets.sock',
        timeoutMs: 10_000,
        minSeverity: 'info',
        retryPolicy: { maxAttempts: 5, backoffMultiplier: 2, initialBackoffMs: 1000, maxBackoffMs: 300_000 },
        healthCheck: { errorThreshold: 3 },
      },
    ])
    expect(isSwitchedOn(config, 'exporters.external')).toBe(true)
  })

  it('is none where it is switched off, and its socket is free', () => {
    const config = parse(HEAD + START + tickets('      enabled: false\n') + second('pager', '/run/tickets.sock'))
    expect(config.exporters.external.map(({ name }) => name)).toEqual(['pager'])
    expect(isSwitchedOn(parse(HEAD), 'exporters.external')).toBe(false)
    expect(isSwitchedOn(parse(HEAD + START + tickets('      enabled: false\n')), 'exporters.external')).toBe(false)
  })

  it('may be anywhere else, also beside ours', () => {
    const sockets = ['/run/node-doctor/exporters/pager/pager.sock', '/run/node-doctor/http-exporter/other.sock']
    const text = sockets.map((socket, index) => second(`p${index}`, socket)).join('')
    const { exporters } = parse(`${HEAD}settings: { runDir: /run/node-doctor }\n${START}${text}`)
    expect(exporters.external.map(({ socketPath }) => socketPath)).toEqual(sockets)
  })

  it.each([
    [
      'two at one socket',
      START + tickets() + second('pager', '/run/tickets.sock'),
      `${line(6)}:7: exporters.external[1].socketPath: "/run/tickets.sock" is the socket of exporter "tickets", at ${line(4)}:7; expected another for exporter "pager"`,
    ],
    [
      'two at one socket in two spellings',
      START + tickets() + second('pager', '/run/x/..//./tickets.sock'),
      `${line(6)}:7: exporters.external[1].socketPath: "/run/x/..//./tickets.sock" is the socket of exporter "tickets", at ${line(4)}:7; expected another for exporter "pager"`,
    ],
    [
      'the socket of a service of ours',
      `${START}${second('pager', '/run/node-doctor//http-exporter/http-exporter.sock')}`,
      `${line(4)}:7: exporters.external[0].socketPath: "/run/node-doctor//http-exporter/http-exporter.sock" is the socket of Node Doctor's own http-exporter; expected another for exporter "pager"`,
    ],
    [
      'the socket of a monitor of ours, wherever the run directory is',
      `settings: { runDir: /run/nd }\n${START}${second('pager', '/run/nd/monitors/system/system.sock')}`,
      `${line(5)}:7: exporters.external[0].socketPath: "/run/nd/monitors/system/system.sock" is the socket of Node Doctor's own system; expected another for exporter "pager"`,
    ],
    [
      'two of one name',
      START + tickets() + second('tickets', '/run/b.sock'),
      `${line(5)}:7: exporters.external[1].name: "tickets" is taken already, at ${line(3)}:7; expected another name`,
    ],
    [
      'a name of ours',
      START + second('http-exporter', '/run/b.sock'),
      `${line(3)}:7: exporters.external[0].name: "http-exporter" is a name of Node Doctor's own; expected another`,
    ],
    [
      'a socket of a plug-in',
      `plugins:\n  - name: fan\n    socketAddress: /run/tickets.sock\n${START}${tickets()}`,
      `${line(7)}:7: exporters.external[0].socketAddress: "/run/tickets.sock" is the socket of plug-in "fan", at ${line(3)}:5; expected another for exporter "tickets"`,
    ],
    [
      'a first wait that is longer than the longest',
      START + tickets('      retryPolicy: { initialBackoff: 1h }\n'),
      `${line(5)}:22: exporters.external[0].retryPolicy.initialBackoff: "1h" is longer than maxBackoff, which is "5m" by default; expected at most that`,
    ],
    [
      'a severity that there is none of',
      START + tickets('      minSeverity: warn\n'),
      `${line(5)}:7: exporters.external[0].minSeverity: "warn" is not valid; expected one of "info", "warning", "error", "critical"; did you mean "warning"?`,
    ],
    [
      'no socket',
      `${START}    - name: tickets\n`,
      `${line(3)}:7: exporters.external[0].socketAddress: missing; expected an absolute path of a Unix socket such as "/var/run/npd/tickets.sock"`,
    ],
    [
      'a key that is none',
      START + tickets('      minSeverty: error\n'),
      `${line(5)}:7: exporters.external[0].minSeverty: unknown key; did you mean "minSeverity"?`,
    ],
  ])('is told of %s', (_what, text, fault) => {
    expect(faultsOf(HEAD + text)).toEqual([fault])
  })
})
