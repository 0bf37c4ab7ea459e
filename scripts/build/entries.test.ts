import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findEntries } from './entries.ts'
import { hashTree } from './hash.ts'
import { replaceFile } from './replace-file.ts'

function inFolder<T>(files: readonly string[], act: (root: string) => T): T {
  const root = mkdtempSync(join(tmpdir(), 'nd-build-'))
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), file)
  }
  const result = act(root)
  if (!(result instanceof Promise)) rmSync(root, { recursive: true })
  return result
}

describe('the build', () => {
  it('finds a service, a monitor, a worker and what is loaded late or once by their folders alone', () => {
    const files = [
      'services/detector/main.ts',
      'services/monitors/network/main.ts',
      'services/monitors/README.md',
      'services/cli/status.ts',
      'libs/config/worker.ts',
      'libs/bus/index.ts',
      'libs/bus/answers.late.ts',
      'libs/bus/words.once.ts',
      'services/monitors/network/trial.late.ts',
    ]
    expect(inFolder(files, findEntries)).toEqual([
      { name: 'detector', file: 'services/detector/main.ts' },
      { name: 'network', file: 'services/monitors/network/main.ts' },
      { name: 'config-worker', file: 'libs/config/worker.ts' },
      { name: 'answers.late', file: 'libs/bus/answers.late.ts' },
      { name: 'words.once', file: 'libs/bus/words.once.ts', isOnce: true },
      { name: 'trial.late', file: 'services/monitors/network/trial.late.ts' },
    ])
  })

  it('puts all exporters into one process, and all monitors into another', () => {
    const files = [
      'services/http-exporter/main.ts',
      'services/k8s-exporter/main.ts',
      'services/monitors/network/main.ts',
      'services/monitors/network/monitor.ts',
    ]
    const composed = inFolder(files, findEntries).filter(({ contents }) => contents !== undefined)
    expect(composed.map(({ name, contents }) => [name, contents])).toEqual([
      [
        'exporters',
        `import { runService } from '#service'
import { httpExporter } from './services/http-exporter/service.ts'
import { k8sExporter } from './services/k8s-exporter/service.ts'
await runService(httpExporter, k8sExporter)
`,
      ],
      [
        'monitors',
        `import { runMonitor } from '#monitor-kit'
import { network } from './services/monitors/network/monitor.ts'
await runMonitor(network)
`,
      ],
    ])
  })

  it('puts all services into one process in place of node-problem-detector, each loaded when it is to run', () => {
    const files = [
      'services/detector/main.ts',
      'services/http-exporter/main.ts',
      'services/monitors/custom-plugin/main.ts',
      'services/monitors/custom-plugin/monitor.ts',
      'services/npd/run.ts',
    ]
    const npd = inFolder(files, findEntries).find(({ name }) => name === 'npd')
    expect(npd).toMatchObject({ startedBy: 'services/npd/start.ts' })
    expect(npd?.contents).toBe(`import { createMonitorService } from '#monitor-kit'
import { runNpd } from './services/npd/run.ts'
void runNpd(process.argv.slice(2), {
  'detector': async () => (await import('./services/detector/service.ts')).detector,
  'http-exporter': async () => (await import('./services/http-exporter/service.ts')).httpExporter,
  'custom-plugin': async () => createMonitorService((await import('./services/monitors/custom-plugin/monitor.ts')).customPlugin),
}, __uncompiled)
`)
  })

  it('sees a change of a name and of contents, and nothing else', () => {
    inFolder(['page/a', 'page/b/c'], (root) => {
      const first = hashTree(root, ['page'])
      expect(hashTree(root, ['page'])).toBe(first)
      writeFileSync(join(root, 'page/b/c'), 'other')
      expect(hashTree(root, ['page'])).not.toBe(first)
    })
  })

  it('leaves a file alone that would be the same', async () => {
    await inFolder([], async (root) => {
      const path = join(root, 'dist/x.mjs')
      expect(await replaceFile(path, Buffer.from('1'))).toBe(true)
      expect(await replaceFile(path, Buffer.from('1'))).toBe(false)
      expect(await replaceFile(path, Buffer.from('2'))).toBe(true)
      rmSync(root, { recursive: true })
    })
  })
})
