import { describe, expect, it } from 'vitest'
import { parseFlags } from '#golang'
import { FLAGS } from './flags.ts'
import { type Machine, settingsOf } from './settings.ts'

const MACHINE: Machine = { nodeName: '', hostName: 'Host-1', ownFolder: '/tmp/own' }
const FILE = '--config.system-log-monitor=/config/kernel-monitor.json'

function settings(words: readonly string[], machine = MACHINE) {
  const all = settingsOf(parseFlags(FLAGS, words).values, machine)
  return Object.fromEntries(all.map(({ key, value }) => [key, value]))
}

describe('the command line of node-problem-detector', () => {
  it('sets what its defaults are where nothing else is said', () => {
    expect(settings([FILE])).toMatchObject({
      monitors: '[]',
      'npd.systemLogMonitors': '["/config/kernel-monitor.json"]',
      'settings.nodeName': 'Host-1',
      'settings.stateDir': '/tmp/own/state',
      'exporters.kubernetes.enabled': 'true',
      'exporters.kubernetes.heartbeatInterval': '300000ms',
      'exporters.kubernetes.qps': '500',
      'exporters.npd.address': '127.0.0.1',
      'exporters.npd.port': '20256',
      'exporters.npd.prometheusPort': '20257',
    })
  })

  it.each([
    [['--hostname-override=n7'], 'env', 'n7'],
    [[], 'env', 'env'],
    [[], '', 'Host-1'],
  ])('names the node by flag, then environment, then host: %j %s', (words, nodeName, expected) => {
    expect(settings([FILE, ...words], { ...MACHINE, nodeName })['settings.nodeName']).toBe(expected)
  })

  it('takes a deprecated flag for the one that replaces it, and refuses both', () => {
    expect(settings(['--system-log-monitors=/a,/b'])['npd.systemLogMonitors']).toBe('["/a","/b"]')
    expect(() => settings([FILE, '--system-log-monitors=/a'])).toThrow(
      '--system-log-monitors and --config.system-log-monitor are two names of one option',
    )
  })

  it('refuses a command line without a file, and one that tells nobody', () => {
    expect(() => settings([])).toThrow(expect.objectContaining({ exitCode: 2 }))
    expect(() => settings([FILE, '--enable-k8s-exporter=false', '--prometheus-port=0'])).toThrow(
      expect.objectContaining({ exitCode: 255 }),
    )
  })

  it('serves no conditions where the API server is not told either', () => {
    expect(settings([FILE, '--enable-k8s-exporter=false'])).toMatchObject({
      'exporters.npd.port': '0',
      'exporters.npd.prometheusPort': '20257',
    })
    expect(settings([FILE, '--port=-1'])['exporters.npd.port']).toBe('0')
  })

  it('lets keys of ours go before what the flags mean', () => {
    const all = settingsOf(
      parseFlags(FLAGS, [FILE, '--set', 'exporters.http.enabled=true', '--set=npd.compat=["B2","B3"]']).values,
      MACHINE,
    )
    expect(all.slice(-2)).toEqual([
      { key: 'exporters.http.enabled', value: 'true', flag: '--set exporters.http.enabled=true' },
      { key: 'npd.compat', value: '["B2","B3"]', flag: '--set npd.compat=["B2","B3"]' },
    ])
    expect(() => settings([FILE, '--set', 'nonsense'])).toThrow('--set nonsense: expected KEY=VALUE')
  })
})
