/** CPU of three files of node-problem-detector's health-checker, each run every 10 s. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { reportFigure } from '../figure.ts'
import { healthFile } from './files.ts'
import { argument, millicoresOf } from './measure.ts'
import { startNpd } from './process.ts'

/** Of the kubelet and of kube-proxy. */
const PORTS = [10248, 10256] as const
const SETTLE_MS = 30_000

/** Answers for a service that is well, where nobody does. */
function answer(port: number): Promise<Server | undefined> {
  const server = createServer((_, response) => response.end('ok'))
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

export async function withHealthCheckers(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'nd-bench-health-'))
  const servers = await Promise.all(PORTS.map(answer))
  const own = join(folder, 'health-checker')
  // As the image has it at /home/kubernetes/bin: known for ours, and run inside the process.
  writeFileSync(own, '#!/bin/sh\nexec /opt/node-doctor/bin/node-doctor health-checker "$@"\n')
  chmodSync(own, 0o755)
  const args = (component: string, ...more: string[]) => [`--component=${component}`, '--enable-repair=false', ...more]
  const plugins = [
    healthFile('KubeletUnhealthy', own, args('kubelet')),
    healthFile('KubeProxyUnhealthy', own, args('kube-proxy')),
    healthFile('ContainerRuntimeUnhealthy', own, args('cri', '--crictl-path=/bin/true')),
  ]
  try {
    await using npd = await startNpd({ files: { plugins } })
    await sleep(SETTLE_MS)
    const value = await millicoresOf(npd.pid, argument('--steady', 60))
    reportFigure({ name: 'CPU of three health-checkers at 10 s', value, unit: 'millicores', budget: { max: 10 } })
    const unwell = npd.api
      .node('bench-node')
      ?.status?.conditions?.filter(({ type, status }) => type.endsWith('Unhealthy') && status === 'True')
    if (unwell?.length)
      process.stdout.write(`found unwell: ${unwell.map(({ type, message }) => `${type}: ${message}`).join('; ')}\n`)
  } finally {
    for (const server of servers) server?.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
