import { describe, expect, it } from 'vitest'
import { HEAD, parse } from '../../libs/config/testing.ts'
import { detectorSlice } from './config.ts'

const CHECKS = `defaultMonitors: []
monitors:
  - { name: cpu, type: system-cpu, interval: 30s }
  - { name: gpus, type: gpu-health-check, enabled: false, when: nvidia-gpu }
plugins:
  - { name: vendor, socketAddress: /run/vendor.sock, interval: 5s, timeout: 1s, skipInitialStatus: true,
      reconnectInterval: 7s, healthCheck: { errorThreshold: 4 } }
`
const slice = (text: string) => detectorSlice(parse(HEAD + text))

describe('the detector’s slice of the configuration', () => {
  it('is its own keys', () => {
    const { bus, detector, catalog, missing, badNpdFiles, absentReaders, refused, ...rest } = slice(CHECKS)
    expect(rest).toEqual({
      settings: { runDir: '/run/node-doctor', nodeName: 'machine-1' },
      monitors: [
        { name: 'cpu', monitor: 'system', enabled: true, when: 'always' },
        { name: 'gpus', monitor: 'gpu', enabled: false, when: 'nvidia-gpu' },
      ],
      plugins: [
        {
          name: 'vendor',
          socketPath: '/run/vendor.sock',
          intervalMs: 5000,
          timeoutMs: 1000,
          skipInitialStatus: true,
          retryPolicy: { maxAttempts: 5, backoffMultiplier: 1, initialBackoffMs: 7000, maxBackoffMs: 7000 },
          healthCheck: { intervalMs: 30_000, timeoutMs: 5000, errorThreshold: 4 },
          parameters: {},
          conditions: [],
        },
      ],
    })
    expect([
      bus.port,
      detector.expect,
      catalog.some(({ monitor }) => monitor === 'system'),
      missing,
      badNpdFiles,
      absentReaders,
      refused,
    ]).toEqual([4222, [], true, [], [], ['k8s-exporter', 'external-exporter', 'remediator'], []])
  })

  it.each([
    ['how often a check runs, and by which limits', CHECKS.replace('30s', '10s')],
    ['a comment', `# every line moves\n${CHECKS}`],
    ['what exporters do', `exporters:\n  http: { hostPort: 8081 }\n${CHECKS}`],
    ['what is logged', `settings: { logLevel: debug }\n${CHECKS}`],
  ])('is the same whatever is written of %s', (_what, text) => {
    expect(slice(text)).toEqual(slice(CHECKS))
  })

  it.each([
    ['who must be here', `detector: { expect: [system] }\n${CHECKS}`],
    ['where sockets are looked for', `detector: { monitorDirs: [/run/others] }\n${CHECKS}`],
    ['which checks there are', CHECKS.replace('name: cpu', 'name: processor')],
    ['who reads the bus', `exporters:\n  kubernetes: { enabled: true }\n${CHECKS}`],
    ['what is asked of a plug-in', CHECKS.replace('timeout: 1s', 'timeout: 2s')],
  ])('is another one when it is about %s', (_what, text) => {
    expect(slice(text)).not.toEqual(slice(CHECKS))
  })
})
