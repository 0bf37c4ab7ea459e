/** What a person sees who asks kubectl, when everything that a monitor may say is hostile: real kubectl at the strict fake. */
import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished as atEnd, expect, it } from 'vitest'
import { someMonitor } from '../../libs/view/testing.ts'
import {
  badCondition,
  nodeCondition,
  nodeEvent,
  nodeProblem,
  startTestNode,
} from '../../services/k8s-exporter/testing-exporter.ts'
import { startFakeApiServer } from '../fakes/kube-apiserver/server.ts'

const NODE = 'worker-7'
const EVIL =
  'x\r\n  Forged               True    now   now   Row   said by a plug-in\n\u001b[2J\u001b[31m\u202e\u2066drow\u0007\u200b'
const run = promisify(execFile)

/** What was not confirmed in time, on a machine that has other work, is written anew. */
const written = (write: () => Promise<void>): Promise<void> => write().catch(write)

it('kubectl describe node has no row, no colour and no turned text of a plug-in, and cuts no annotation of ours', async () => {
  const api = await startFakeApiServer({ nodes: [NODE], tls: true })
  atEnd(() => api.close())
  const kubeconfig = join(tmpdir(), `nd-describe-${api.port}`)
  await api.writeKubeconfig(kubeconfig)
  atEnd(() => rm(kubeconfig))
  const { detector } = await startTestNode((work) => atEnd(work), {
    kubeconfig,
    nodeName: NODE,
    kubernetes: { updateIntervalMs: 50 },
  })
  await detector.monitor(someMonitor({ name: 'evil', origin: 'discovered', version: EVIL }))
  const words = { message: EVIL, reason: `R${EVIL}`, summary: EVIL, label: EVIL, sources: ['evil'] }
  await detector.condition(nodeCondition())
  for (let i = 0; i < 16; i++)
    await written(() => detector.condition(badCondition({ ...words, type: `T${i}`, entity: `d:${EVIL}` })))
  for (let i = 0; i < 30; i++) {
    const problem = nodeProblem({ ...words, source: EVIL, entity: `d:${EVIL}${i}`, fingerprint: `f${i}` })
    await written(() => detector.problem(problem))
  }
  await detector.event(nodeEvent({ monitor: EVIL, reason: EVIL, entity: EVIL, message: EVIL.repeat(700) }))
  await expect
    .poll(() => api.node(NODE)?.status?.conditions?.filter(({ type }) => type.startsWith('PluginT')).length, {
      timeout: 30_000,
    })
    .toBe(16)
  await expect.poll(() => api.events().length, { timeout: 30_000 }).toBeGreaterThan(10)

  const { stdout } = await run('kubectl', ['--kubeconfig', kubeconfig, 'describe', 'node', NODE], { timeout: 20_000 })
  expect(stdout).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f]/)
  const [marks = '', table = ''] = stdout.slice(stdout.indexOf('Annotations:')).split('Conditions:\n')
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/)[0])
  expect(rows).not.toContain('Forged')
  expect(rows.filter((first) => first?.startsWith('PluginT'))).toHaveLength(16)
  expect(marks).toContain('node-doctor.io/conditions')
  expect(marks).toContain('PluginT9')
  expect(marks).not.toContain('...')
}, 60_000)
